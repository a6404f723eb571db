import { randomInt } from 'node:crypto';
import type { FieldErrors } from '../../platform/http/api-error.js';
import type { MediaType } from '../../media/media-types.js';
import type { FileFields } from '../../media/upload/file-fields.js';
import type { MediaForm } from '../../media/upload/uploaded-file.js';
import type { MediaHeaderFormat } from '../../templates/definition/template-definition.js';
import { FILE_FIELDS_OF, type GivenValues } from '../../templates/sending/given-values.js';
import type { SendableTemplate } from '../../templates/sending/sendable-templates.js';
import type { SendTemplateDto } from '../dto/send-template.dto.js';

/** The file fields of the form, by what they take. */
export const HEADER_FILES: FileFields = {
  [FILE_FIELDS_OF.IMAGE.file]: 'image',
  [FILE_FIELDS_OF.VIDEO.file]: 'video',
  [FILE_FIELDS_OF.DOCUMENT.file]: 'document',
};

/** What `media_type` would be for a header of this format. */
export const MEDIA_TYPE_OF: Readonly<Record<MediaHeaderFormat, MediaType>> = {
  IMAGE: 'image',
  VIDEO: 'video',
  DOCUMENT: 'document',
};

/** Digits of a generated one-time code. */
const CODE_DIGITS = 6;

/** The values that a send brings for its template, by the number in their field's name. */
export function givenValues(dto: SendTemplateDto, form: MediaForm): GivenValues {
  const fields = numbered(
    [
      dto.field_1,
      dto.field_2,
      dto.field_3,
      dto.field_4,
      dto.field_5,
      dto.field_6,
      dto.field_7,
      dto.field_8,
      dto.field_9,
      dto.field_10,
    ],
    1,
  );
  const buttons = numbered(
    [
      dto.button_0,
      dto.button_1,
      dto.button_2,
      dto.button_3,
      dto.button_4,
      dto.button_5,
      dto.button_6,
      dto.button_7,
      dto.button_8,
      dto.button_9,
    ],
    0,
  );
  const codeField = dto.otp_field_number ?? 1;
  if (dto.auto_generate_otp) fields.set(codeField, String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0'));
  return {
    fields,
    buttons,
    codeField,
    headerField: dto.header_field_1,
    files: filesOf(dto, form),
    latitude: dto.header_latitude,
    longitude: dto.header_longitude,
    locationName: dto.header_location_name,
    locationAddress: dto.header_location_address,
  };
}

/** The address given for a header's file. */
export const fileAddress = (dto: SendTemplateDto, format: MediaHeaderFormat): string | undefined =>
  ({ IMAGE: dto.header_image_url, VIDEO: dto.header_video_url, DOCUMENT: dto.header_document_url })[format];

/** What is wrong with the fields that are about a one-time code. */
export function codeFaults(dto: SendTemplateDto, { category, definition }: SendableTemplate): FieldErrors {
  const faults: FieldErrors = {};
  if (dto.auto_generate_otp && category !== 'AUTHENTICATION') {
    faults.auto_generate_otp = ['Only authentication templates carry a one-time code.'];
  }
  const last = definition.body.variables.length;
  if (category === 'AUTHENTICATION' && (dto.otp_field_number ?? 1) > last) {
    faults.otp_field_number = [`The template has ${last} variables.`];
  }
  return faults;
}

function filesOf(dto: SendTemplateDto, form: MediaForm): GivenValues['files'] {
  const formats: MediaHeaderFormat[] = ['IMAGE', 'VIDEO', 'DOCUMENT'];
  return formats.flatMap((format) => {
    const { url, file } = FILE_FIELDS_OF[format];
    return [
      ...(fileAddress(dto, format) === undefined ? [] : [{ format, field: url }]),
      // A file that broke a rule on its way in was given all the same: its own fault is told.
      ...(form.file?.fieldName === file || form.faults[file] ? [{ format, field: file }] : []),
    ];
  });
}

function numbered(values: readonly (string | undefined)[], first: number): Map<number, string> {
  const found = new Map<number, string>();
  values.forEach((value, index) => {
    if (value !== undefined) found.set(index + first, value);
  });
  return found;
}
