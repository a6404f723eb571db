/** Media kinds that are sent by id or link. */
export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker';

/** Exactly one of `id` and `link`. */
export interface MediaReference {
  readonly id?: string;
  readonly link?: string;
  readonly caption?: string;
  readonly filename?: string;
  /** Audio only: a voice message (OGG/Opus), which is `played` as well as read. */
  readonly voice?: boolean;
}

export type InteractiveKind = 'button' | 'list' | 'cta_url' | 'flow' | 'location_request_message';

export interface TemplateParameter {
  readonly type:
    | 'text'
    | 'currency'
    | 'date_time'
    | 'image'
    | 'video'
    | 'document'
    | 'location'
    | 'payload'
    | 'coupon_code'
    | 'action';
  readonly name?: string;
  /** What is put in the place of the variable; empty for media and locations. */
  readonly text: string;
  readonly media?: MediaReference;
}

export interface TemplateComponentValues {
  readonly type: 'header' | 'body' | 'button';
  readonly subType?: string;
  readonly index?: number;
  readonly parameters: readonly TemplateParameter[];
  readonly path: string;
}

export interface TemplateContent {
  readonly type: 'template';
  readonly name: string;
  readonly language: string;
  readonly components: readonly TemplateComponentValues[];
}

export interface InteractiveContent {
  readonly type: 'interactive';
  readonly kind: InteractiveKind;
  readonly header?: { readonly kind: MediaKind; readonly media: MediaReference };
}

export type MessageContent =
  | { readonly type: 'text' }
  | { readonly type: MediaKind; readonly media: MediaReference }
  | { readonly type: 'location' }
  | { readonly type: 'contacts' }
  | { readonly type: 'reaction'; readonly messageId: string; readonly emoji: string }
  | InteractiveContent
  | TemplateContent;

export type MessageType = MessageContent['type'];

/** Who a message goes to: a phone number, a business-scoped user id, or both (then the number wins). */
export interface Recipient {
  /** The value of `to` (or `recipient`) as it came. */
  readonly input: string;
  /** Digits with country code; null when sent to a business-scoped user id alone. */
  readonly waId: string | null;
  readonly userId: string | null;
}

/** A request to /messages that passed validation. */
export type MessageRequest =
  | {
      readonly kind: 'send';
      readonly recipient: Recipient;
      readonly content: MessageContent;
      readonly opaque: string | null;
    }
  | { readonly kind: 'mark_read'; readonly messageId: string; readonly typing: boolean };
