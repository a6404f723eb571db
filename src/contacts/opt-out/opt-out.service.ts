import { Injectable } from '@nestjs/common';
import { recordChanges } from '../../platform/audit/audit-trail.js';
import { TenantWrites } from '../../platform/database/tenant-writes.js';
import { notFound } from '../../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { timestampOrNull } from '../../platform/http/timestamp.js';
import { OutcomeChannel } from '../../platform/queue/outcome-channel.js';
import type { OptStateDto } from '../dto/opt-state.dto.js';
import { changeOptStates, CONTACT_OPTED_OUT, failUnwanted, type UnwantedMessage } from './opt-states.js';

/** Opts contacts out and in on the tenant's word. */
@Injectable()
export class OptOutService {
  constructor(
    private readonly writes: TenantWrites,
    private readonly outcomes: OutcomeChannel,
  ) {}

  /**
   * Opts a contact out, which fails everything that waits for it, or in again. Whatever the workers hold at this moment
   * asks for the contact's wish before it is written to WhatsApp. Calling it again changes nothing.
   * @throws ApiError 404 when the tenant has no such contact
   */
  async change(author: AuthenticatedTenant, contactId: number, optedOut: boolean): Promise<OptStateDto> {
    const { tenantId } = author;
    const { contact, failed } = await this.writes.run(tenantId, async (sql) => {
      const [state] = await changeOptStates(sql, [{ tenantId, contactId, optedOut, at: null }]);
      if (!state) throw notFound('There is no such contact.');
      const unwanted = optedOut ? await failUnwanted(sql, [{ tenantId, contactId }]) : [];
      const action = optedOut ? 'contact.opted_out' : 'contact.opted_in';
      await recordChanges(sql, author, [{ action, ids: [contactId] }]);
      return { contact: state, failed: unwanted };
    });
    for (const message of failed) this.tell(message);
    return {
      id: contact.id,
      phone: contact.phone,
      is_opted_out: contact.is_opted_out,
      opted_out_at: timestampOrNull(contact.opted_out_at),
      failed_messages: failed.length,
    };
  }

  /** Somebody may wait for the outcome of the send. */
  private tell({ id, wamid, sent_at, error_title, waiter }: UnwantedMessage): void {
    if (waiter === null) return;
    this.outcomes.publish(waiter, {
      message_id: id,
      status: 'failed',
      wamid,
      sent_at: sent_at?.toISOString() ?? null,
      error: { code: CONTACT_OPTED_OUT, title: error_title, details: null, retryable: false },
    });
  }
}
