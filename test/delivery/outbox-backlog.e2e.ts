import { outboxBacklog } from '../../src/platform/metrics/outbox-backlog.js';
import { Outbox } from './outbox.js';

describe('what waits to be sent', () => {
  let outbox: Outbox;
  beforeEach(async () => {
    outbox = await Outbox.create();
  });
  afterEach(() => outbox.close());

  const due = (age: string) => ({ due_at: `now() - interval '${age}'`, next_at: `now() - interval '${age}'` });

  it('is nothing, of no age, when nothing waits', async () => {
    const sender = await outbox.sender();
    await outbox.message(sender, { status: `'sent'`, next_at: null, due_at: `now() - interval '1 hour'` });
    expect(await outboxBacklog(outbox.postgres, 10)).toEqual({ due: 0, scheduled: 0, sending: 0, oldestAge: 0 });
  });

  it('is counted by state; what is scheduled or being sent has no age', async () => {
    const sender = await outbox.sender();
    await outbox.messages(sender, 2, { due_at: `now() + interval '1 hour'`, next_at: `now() + interval '1 hour'` });
    await outbox.message(sender, { status: `'sending'`, due_at: `now() - interval '1 hour'` });
    expect(await outboxBacklog(outbox.postgres, 10)).toEqual({ due: 0, scheduled: 2, sending: 1, oldestAge: 0 });
    await outbox.messages(sender, 3, due('20 seconds'));
    // Released a while ago: its lease still runs, it is the oldest all the same.
    await outbox.message(sender, { due_at: `now() - interval '30 seconds'`, next_at: `now() + interval '5 seconds'` });
    const backlog = await outboxBacklog(outbox.postgres, 10);
    expect(backlog).toMatchObject({ due: 4, scheduled: 2, sending: 1 });
    expect(backlog.oldestAge).toBeGreaterThanOrEqual(30);
    expect(backlog.oldestAge).toBeLessThan(40);
  });

  it('has the age of its oldest message also where that is none of the counted ones', async () => {
    const [first, second] = [await outbox.sender(), await outbox.sender()];
    await outbox.messages(first, 30, due('10 seconds'));
    await outbox.message(second, { ...due('1 hour'), status: `'sending'` });
    await outbox.messages(second, 30, due('100 seconds'));
    await outbox.message(second, due('200 seconds'));
    const backlog = await outboxBacklog(outbox.postgres, 20);
    expect(backlog.due + backlog.sending).toBe(20);
    expect(backlog.oldestAge).toBeGreaterThanOrEqual(200);
    expect(backlog.oldestAge).toBeLessThan(260);
  });
});
