import {
  readStoredTemplate,
  type StoredButton,
  type StoredHeader,
  type StoredParameter,
} from '../../templates/sending/stored-template.js';
import type {
  TemplateButton,
  TemplateComponent,
  TemplateHeaderParameter,
  TemplateTextParameter,
} from '../../whatsapp/client/payloads.js';
import { PayloadError, requireMedia, type PayloadBuilder, type PayloadParts } from './payload-builder.js';

/** `type: "template"`: name, language, and a component for each part that has values. */
export const template: PayloadBuilder = (parts) => {
  const stored = readStoredTemplate(parts.message.content.template);
  if (!stored) throw new PayloadError(`Message ${parts.message.id} has no readable template`);
  const components: TemplateComponent[] = [];
  if (stored.header) components.push({ type: 'header', parameters: [headerOf(stored.header, parts)] });
  if (stored.body.length > 0) components.push({ type: 'body', parameters: stored.body.map(textOf) });
  components.push(...stored.buttons.map((button) => ({ type: 'button' as const, ...buttonOf(button) })));
  return {
    type: 'template',
    template: {
      name: stored.name,
      language: { code: stored.language },
      ...(components.length > 0 && { components }),
    },
  };
};

const textOf = ({ text, name }: StoredParameter): TemplateTextParameter & { type: 'text' } => ({
  type: 'text',
  text,
  ...(name !== undefined && { parameter_name: name }),
});

function headerOf(header: StoredHeader, parts: PayloadParts): TemplateHeaderParameter {
  switch (header.kind) {
    case 'text':
      return textOf(header);
    case 'image':
      return { type: 'image', image: requireMedia(parts).reference };
    case 'video':
      return { type: 'video', video: requireMedia(parts).reference };
    case 'document': {
      const { reference, file } = requireMedia(parts);
      return { type: 'document', document: { ...reference, filename: file.filename } };
    }
    case 'location': {
      const { latitude, longitude, name, address } = header;
      return { type: 'location', location: { latitude, longitude, name, address } };
    }
  }
}

/** Meta's examples write `index` as text. */
function buttonOf({ index, kind, value }: StoredButton): TemplateButton {
  const place = String(index);
  switch (kind) {
    case 'quick_reply':
      return { sub_type: 'quick_reply', index: place, parameters: [{ type: 'payload', payload: value }] };
    case 'url':
      return { sub_type: 'url', index: place, parameters: [{ type: 'text', text: value }] };
    case 'copy_code':
      return { sub_type: 'copy_code', index: place, parameters: [{ type: 'coupon_code', coupon_code: value }] };
    case 'flow':
      return {
        sub_type: 'flow',
        index: place,
        parameters: [{ type: 'action', action: value === '' ? {} : { flow_token: value } }],
      };
  }
}
