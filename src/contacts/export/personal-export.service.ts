import { Injectable } from '@nestjs/common';
import { MediaLinks } from '../../media/media-links.js';
import { Postgres } from '../../platform/database/postgres.js';
import { notFound } from '../../platform/http/api-error.js';
import { resourceId } from '../../platform/http/resource-id.js';
import { timestamp } from '../../platform/http/timestamp.js';
import { NO_SUCH_CONTACT } from '../store/update-contact.js';
import {
  personalAudit,
  personalChats,
  personalCodes,
  personalContact,
  type PersonalMessage,
  personalMessages,
  personalOptOuts,
  personalPayloads,
} from './personal-records.js';

/** Messages, or entries of the audit trail, of one step. */
const STEP_ROWS = 500;
/** What stores delivered has up to a megabyte each. */
const STEP_PAYLOADS = 10;

/** Everything that is stored of one person, for a data-protection request. */
@Injectable()
export class PersonalExportService {
  constructor(
    private readonly postgres: Postgres,
    private readonly links: MediaLinks,
  ) {}

  /**
   * Pieces of the answer, a success envelope. A person may have any number of messages, so it is made in steps.
   * @throws ApiError 404, before the first piece, when the tenant has no such contact
   */
  async *json(
    tenantId: number,
    id: string,
    { message, requestId }: { message: string; requestId: string },
  ): AsyncGenerator<string, void, undefined> {
    const contactId = resourceId(id, NO_SUCH_CONTACT);
    const contact = await personalContact(this.postgres, tenantId, contactId);
    if (!contact) throw notFound(NO_SUCH_CONTACT);
    const optOuts = await personalOptOuts(this.postgres, tenantId, contactId);
    const codes = await personalCodes(this.postgres, tenantId, contactId);
    const chats = await personalChats(this.postgres, tenantId, contactId);
    yield `{"success":true,"data":{"contact":${json(contact)},"opt_outs":${json(optOuts ?? null)},"one_time_codes":${json(codes)},"chats":${json(chats)}`;
    yield ',"messages":[';
    yield* joined(this.messages(tenantId, chats));
    yield '],"store_payloads":[';
    yield* joined(this.payloads(tenantId, contactId));
    yield '],"audit":[';
    yield* joined(this.audit(tenantId, contactId));
    const meta = { request_id: requestId, timestamp: timestamp(new Date()) };
    yield `]},"message":${json(message)},"meta":${json(meta)}}`;
  }

  private async *messages(tenantId: number, chats: readonly { id: number }[]): AsyncGenerator<object[]> {
    for (const { id: chatId } of chats) {
      let after = 0;
      for (;;) {
        const messages = await personalMessages(this.postgres, tenantId, chatId, after, STEP_ROWS);
        yield messages.map((message) => this.present(message));
        after = messages.at(-1)?.id ?? after;
        if (messages.length < STEP_ROWS) break;
      }
    }
  }

  private async *payloads(tenantId: number, contactId: number): AsyncGenerator<object[]> {
    let after = 0;
    for (;;) {
      const payloads = await personalPayloads(this.postgres, tenantId, contactId, after, STEP_PAYLOADS);
      yield payloads.map(({ body, ...payload }) => ({
        ...payload,
        payload: body && (JSON.parse(body.toString('utf8')) as unknown),
      }));
      after = payloads.at(-1)?.id ?? after;
      if (payloads.length < STEP_PAYLOADS) return;
    }
  }

  private async *audit(tenantId: number, contactId: number): AsyncGenerator<object[]> {
    let before: Parameters<typeof personalAudit>[3] = { at: 'infinity', id: 0 };
    for (;;) {
      const entries = await personalAudit(this.postgres, tenantId, contactId, before, STEP_ROWS);
      yield entries;
      before = entries.at(-1) ?? before;
      if (entries.length < STEP_ROWS) return;
    }
  }

  private present({ media_public_id: publicId, media_filename, media_signed, ...message }: PersonalMessage): object {
    if (publicId === null) return { ...message, media: null };
    const filename = media_filename ?? '';
    const url = media_signed ? this.links.signedUrl(publicId, filename) : this.links.url(publicId, filename);
    return { ...message, media: { filename, url } };
  }
}

/** Members of one list, out of the lists of each step. */
async function* joined(steps: AsyncIterable<readonly object[]>): AsyncGenerator<string, void, undefined> {
  let separator = '';
  for await (const members of steps) {
    if (members.length === 0) continue;
    yield separator + members.map(json).join(',');
    separator = ',';
  }
}

/** Times as everywhere in the API. */
const json = (value: unknown): string =>
  JSON.stringify(value, function (this: unknown, key: string, member: unknown) {
    // JSON.stringify hands a Date over as a text already.
    const original: unknown = typeof this === 'object' && this !== null ? Reflect.get(this, key) : member;
    return original instanceof Date ? timestamp(original) : member;
  });
