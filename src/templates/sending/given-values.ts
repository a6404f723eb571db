import type { MediaHeaderFormat } from '../definition/template-definition.js';

/** Body variables that a send can fill: `field_1` … `field_10`. */
export const MAX_FIELDS = 10;
/** WhatsApp, "Template components": at most 10 buttons. */
export const MAX_BUTTONS = 10;

/** What a send gives for a template's variables, as it was written; merge fields are not filled in yet. */
export interface GivenValues {
  /** `field_1` … by their number. */
  readonly fields: ReadonlyMap<number, string>;
  /** `header_field_1` */
  readonly headerField: string | undefined;
  /** In which ways a file for the header came: by address, by upload. */
  readonly files: readonly { readonly format: MediaHeaderFormat; readonly field: string }[];
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  readonly locationName: string | undefined;
  readonly locationAddress: string | undefined;
  /** `button_0` … by their number. */
  readonly buttons: ReadonlyMap<number, string>;
  /** Which `field_N` holds the one-time code of an authentication template. */
  readonly codeField: number;
}

/** Names of the fields that bring a header's file. */
export const FILE_FIELDS_OF: Readonly<Record<MediaHeaderFormat, { readonly url: string; readonly file: string }>> = {
  IMAGE: { url: 'header_image_url', file: 'header_image_file' },
  VIDEO: { url: 'header_video_url', file: 'header_video_file' },
  DOCUMENT: { url: 'header_document_url', file: 'header_document_file' },
};
