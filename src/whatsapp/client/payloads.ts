/**
 * Bodies of `POST /{phone_number_id}/messages`, as strict types. Source: WhatsApp Cloud API, "Send messages" and the
 * page of each type. Lengths are checked by whoever builds the payload; here stands the shape alone.
 */

/** Who gets the message: a phone (with `+` and country code, else WhatsApp guesses one) or a WhatsApp user id. */
export type PayloadRecipient = { to: string; recipient?: string } | { to?: undefined; recipient: string };

/** Exactly one of a media id (uploaded before, same number) and a link that WhatsApp downloads. */
export type MediaReference = { id: string; link?: undefined } | { link: string; id?: undefined };

export interface TextContent {
  body: string;
  /** Only the first http(s) address of the text gets a preview. */
  preview_url?: boolean;
}

export type ImageContent = MediaReference & { caption?: string };
export type VideoContent = MediaReference & { caption?: string };
/** `voice` wants OGG with Opus. */
export type AudioContent = MediaReference & { voice?: boolean };
/** The extension of `filename` picks the icon. */
export type DocumentContent = MediaReference & { caption?: string; filename?: string };
export type StickerContent = MediaReference;

export interface LocationContent {
  latitude: number;
  longitude: number;
  name?: string;
  address?: string;
}

export interface ContactCard {
  name: {
    formatted_name: string;
    first_name?: string;
    last_name?: string;
    middle_name?: string;
    prefix?: string;
    suffix?: string;
  };
  phones?: { phone?: string; type?: string; wa_id?: string }[];
  emails?: { email?: string; type?: string }[];
  urls?: { url?: string; type?: string }[];
  addresses?: {
    street?: string;
    city?: string;
    state?: string;
    zip?: string;
    country?: string;
    country_code?: string;
    type?: string;
  }[];
  org?: { company?: string; department?: string; title?: string };
  /** YYYY-MM-DD. */
  birthday?: string;
}

export interface ReactionContent {
  message_id: string;
  /** Empty removes the reaction. */
  emoji: string;
}

export type InteractiveHeader =
  | { type: 'text'; text: string }
  | { type: 'image'; image: MediaReference }
  | { type: 'video'; video: MediaReference }
  | { type: 'document'; document: MediaReference & { filename?: string } };

interface InteractiveParts {
  header?: InteractiveHeader;
  body: { text: string };
  footer?: { text: string };
}

export interface ReplyButton {
  type: 'reply';
  reply: { id: string; title: string };
}

export interface ListSection {
  title?: string;
  rows: { id: string; title: string; description?: string }[];
}

export type InteractiveContent =
  | (InteractiveParts & { type: 'button'; action: { buttons: ReplyButton[] } })
  | (Omit<InteractiveParts, 'header'> & {
      type: 'list';
      header?: { type: 'text'; text: string };
      action: { button: string; sections: ListSection[] };
    })
  | (InteractiveParts & {
      type: 'cta_url';
      action: { name: 'cta_url'; parameters: { display_text: string; url: string } };
    })
  | (InteractiveParts & { type: 'flow'; action: { name: 'flow'; parameters: FlowParameters } })
  | (Omit<InteractiveParts, 'header' | 'footer'> & {
      type: 'location_request_message';
      action: { name: 'send_location' };
    });

export type FlowParameters = {
  flow_message_version: '3';
  flow_cta: string;
  flow_token?: string;
  mode?: 'draft' | 'published';
  flow_action?: 'navigate' | 'data_exchange';
  flow_action_payload?: { screen: string; data?: Record<string, unknown> };
} & ({ flow_id: string; flow_name?: undefined } | { flow_name: string; flow_id?: undefined });

/** `parameter_name` for templates of format NAMED; positional templates go by order. Never both in one template. */
export type TemplateTextParameter =
  | { type: 'text'; text: string; parameter_name?: string }
  | {
      type: 'currency';
      currency: { fallback_value: string; code: string; amount_1000: number };
      parameter_name?: string;
    }
  | { type: 'date_time'; date_time: { fallback_value: string }; parameter_name?: string };

export type TemplateHeaderParameter =
  | { type: 'text'; text: string; parameter_name?: string }
  | { type: 'image'; image: MediaReference }
  | { type: 'video'; video: MediaReference }
  | { type: 'document'; document: MediaReference & { filename?: string } }
  | { type: 'location'; location: LocationContent };

/** `index` counts the template's buttons from "0". */
export type TemplateButton =
  | { sub_type: 'quick_reply'; index: string; parameters: [{ type: 'payload'; payload: string }] }
  | { sub_type: 'url'; index: string; parameters: [{ type: 'text'; text: string }] }
  | { sub_type: 'copy_code'; index: string; parameters: [{ type: 'coupon_code'; coupon_code: string }] }
  | {
      sub_type: 'flow';
      index: string;
      parameters: [{ type: 'action'; action: { flow_token?: string; flow_action_data?: Record<string, unknown> } }];
    };

export type TemplateComponent =
  | { type: 'header'; parameters: [TemplateHeaderParameter] }
  | { type: 'body'; parameters: TemplateTextParameter[] }
  | ({ type: 'button' } & TemplateButton);

export interface TemplateContent {
  name: string;
  language: { code: string; policy?: 'deterministic' };
  components?: TemplateComponent[];
}

/** The object named like `type` holds the message. */
export type MessageContent =
  | { type: 'text'; text: TextContent }
  | { type: 'image'; image: ImageContent }
  | { type: 'video'; video: VideoContent }
  | { type: 'audio'; audio: AudioContent }
  | { type: 'document'; document: DocumentContent }
  | { type: 'sticker'; sticker: StickerContent }
  | { type: 'location'; location: LocationContent }
  | { type: 'contacts'; contacts: ContactCard[] }
  | { type: 'reaction'; reaction: ReactionContent }
  | { type: 'interactive'; interactive: InteractiveContent }
  | { type: 'template'; template: TemplateContent };

/** The whole body of a send. */
export type MessagePayload = PayloadRecipient &
  MessageContent & {
    messaging_product: 'whatsapp';
    recipient_type: 'individual';
    /** Quotes an earlier message; not for reactions. */
    context?: { message_id: string };
    /** At most 512 characters; WhatsApp echoes it in every status of this message. It is no idempotency key. */
    biz_opaque_callback_data?: string;
  };

/** Marks an inbound message (and all before it) as read, with an optional typing indicator of at most 25 s. */
export interface MarkReadPayload {
  messaging_product: 'whatsapp';
  status: 'read';
  message_id: string;
  typing_indicator?: { type: 'text' };
}
