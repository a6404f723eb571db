import type { MessageCancel } from '../delivery/cancel/message-cancel.js';
import type { Lists } from '../platform/pagination/lists.js';
import type { MediaLinks } from '../media/media-links.js';
import type { MessageRepository } from './message.repository.js';
import { MessagesService } from './messages.service.js';

describe('looking a message up', () => {
  it.each(['\0', 'wamid.\n', 'wamid.é', '', 'x'.repeat(256)])(
    'answers 404 for %j without asking Postgres',
    async (id) => {
      const untouched = {
        findById: () => Promise.reject(new Error('asked')),
        findByWamid: () => Promise.reject(new Error('asked')),
      } as unknown as MessageRepository;
      const service = new MessagesService(
        untouched,
        {} as unknown as MediaLinks,
        {} as unknown as Lists,
        {} as unknown as MessageCancel,
      );
      await expect(service.get(1, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    },
  );
});
