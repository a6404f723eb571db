import type { InteractiveContent, ListSection, ReplyButton } from '../../whatsapp/client/payloads.js';
import { PayloadError, requireText, type PayloadBuilder } from './payload-builder.js';
import { StoredContent } from './stored-content.js';

/** `type: "interactive"`: a text with reply buttons, a list to choose from, or a link. */
export const interactive: PayloadBuilder = (parts) => {
  const content = StoredContent.of(parts.message);
  const { header_text: header, footer_text: footer } = content.texts('header_text', 'footer_text');
  const words = {
    ...(header === undefined ? {} : { header: { type: 'text' as const, text: header } }),
    body: { text: requireText(parts) },
    ...(footer === undefined ? {} : { footer: { text: footer } }),
  };
  return { type: 'interactive', interactive: { ...words, ...choiceOf(content) } };
};

type Choice<Type extends InteractiveContent['type']> = Pick<
  Extract<InteractiveContent, { type: Type }>,
  'type' | 'action'
>;

function choiceOf(content: StoredContent): Choice<'button'> | Choice<'list'> | Choice<'cta_url'> {
  const type = content.text('type');
  switch (type) {
    case 'button':
      return { type, action: { buttons: content.list('buttons').map(buttonOf) } };
    case 'list':
      return {
        type,
        action: { button: content.text('list_button_text'), sections: content.list('sections').map(sectionOf) },
      };
    case 'cta_url':
      return {
        type,
        action: {
          name: 'cta_url',
          parameters: { display_text: content.text('display_text'), url: content.text('url') },
        },
      };
    default:
      throw new PayloadError(`No interactive message is of type ${type}`);
  }
}

const buttonOf = (button: StoredContent): ReplyButton => ({
  type: 'reply',
  reply: { id: button.text('id'), title: button.text('title') },
});

const sectionOf = (section: StoredContent): ListSection => ({
  title: section.text('title'),
  rows: section
    .list('rows')
    .map((row) => ({ id: row.text('id'), title: row.text('title'), ...row.texts('description') })),
});
