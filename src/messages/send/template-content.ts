import type { Encryption } from '../../platform/crypto/encryption.js';
import { MAX_BODY, renderTemplate, type TemplateToSend } from '../../templates/sending/render-template.js';
import { SEALED_CONTEXT, type StoredTemplate } from '../../templates/sending/stored-template.js';
import type { SendContent } from './send.service.js';

/** What leaves before everything else, and stands outside the lanes: one-time codes. */
const ONE_TIME_CODE_PRIORITY = 0;

/** A template as the outbound path takes it; the file of its header comes beside it. */
export function templateContent(send: TemplateToSend, encryption: Encryption): Omit<SendContent, 'media'> {
  const { category } = send;
  return {
    type: 'template',
    text: null,
    textField: 'field_1',
    textLimit: MAX_BODY,
    content: { category },
    render: (merge) => {
      const rendered = renderTemplate(send, merge);
      if ('faults' in rendered) return rendered;
      return { text: rendered.text, content: { category, ...storedContent(category, rendered.stored, encryption) } };
    },
    ...(category === 'AUTHENTICATION' && { priority: ONE_TIME_CODE_PRIORITY }),
  };
}

/** A one-time code never stands in the database in clear: only the worker that sends it opens it. */
function storedContent(category: string, stored: StoredTemplate, encryption: Encryption): Record<string, unknown> {
  if (category !== 'AUTHENTICATION') return { template: stored };
  const sealed = encryption.encrypt(JSON.stringify(stored), SEALED_CONTEXT).toString('base64');
  return { template: { ...stored, body: [], buttons: [] }, sealed };
}
