import { jest } from '@jest/globals';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { NumberGauges, RATES_SHOWN } from '../../src/platform/numbers/number-gauges.js';
import { troubledNumbers } from '../../src/platform/numbers/number-states.js';
import { Outbox, type Sender } from '../delivery/outbox.js';
import { SlotsLab } from '../delivery/slots-lab.js';

/** Real: Postgres and Redis. */
describe('the gauges of numbers', () => {
  let outbox: Outbox;
  let lab: SlotsLab;
  let sender: Sender;
  beforeEach(async () => {
    outbox = await Outbox.create();
    lab = new SlotsLab();
    await lab.ready();
    sender = await outbox.sender();
  });
  afterEach(async () => {
    lab.close();
    await outbox.close();
  });

  const gaugesOf = (): Metrics => {
    const metrics = new Metrics();
    new NumberGauges(metrics, outbox.postgres, lab.slots).onModuleInit();
    return metrics;
  };
  /** Series of a process that scrapes for the first time, `name{labels} value`, the number named n. */
  const scrape = async (of = sender, metrics = gaugesOf()): Promise<string[]> => {
    const { rows } = await outbox.postgres.pool.query<{ id: string }>(
      'SELECT phone_number_id AS id FROM phone_numbers WHERE id = $1',
      [of.numberId],
    );
    const { text } = await metrics.scrape();
    return text
      .split('\n')
      .filter((line) => line.includes(`phone_number_id="${rows[0]?.id}"`))
      .map((line) => line.replace(`"${rows[0]?.id}"`, 'n'));
  };
  const valueOf = (series: string[], start: string): number =>
    Number(series.find((line) => line.startsWith(start))?.split(' ')[1] ?? NaN);

  it('say nothing of a number without trouble that has sent all it had', async () => {
    await outbox.message(sender, { status: `'sent'`, next_at: null });
    await outbox.run(`UPDATE phone_numbers SET messaging_limit_tier = 'TIER_250'`);
    await outbox.run(
      `INSERT INTO messaging_portfolios (portfolio, recipients) SELECT portfolio, 199 FROM whatsapp_accounts`,
    );
    expect(await scrape()).toEqual([]);
    await outbox.run('UPDATE messaging_portfolios SET recipients = 200');
    expect(await scrape()).toContain('rasl_number_tier_used_ratio{phone_number_id=n} 0.8');
  });

  it('show what waits and since when, pauses, doubts by age, and the rate', async () => {
    await outbox.messages(sender, 3, { due_at: `now() - interval '2 minutes'` });
    for (const age of ['30 seconds', '5 minutes', '14 minutes', '16 minutes']) {
      await outbox.message(sender, { status: `'unknown'`, next_at: null, unknown_at: `now() - interval '${age}'` });
    }
    await lab.slots.openBreaker(sender.numberId, 10_000);
    await lab.slots.slowDown(sender.numberId);
    const series = await scrape();
    expect(series).toEqual(
      expect.arrayContaining([
        'rasl_number_backlog{phone_number_id=n} 3',
        'rasl_number_paused{phone_number_id=n} 0',
        'rasl_number_unknown_messages{phone_number_id=n,age="under_1m"} 1',
        'rasl_number_unknown_messages{phone_number_id=n,age="under_15m"} 2',
        'rasl_number_unknown_messages{phone_number_id=n,age="older"} 1',
        'rasl_number_breaker_open{phone_number_id=n} 1',
      ]),
    );
    expect(series).toHaveLength(8);
    expect(valueOf(series, 'rasl_number_rate_factor')).toBeCloseTo(0.5, 1);
    expect(valueOf(series, 'rasl_number_oldest_due_age_seconds')).toBeGreaterThanOrEqual(120);
    expect(valueOf(series, 'rasl_number_oldest_due_age_seconds')).toBeLessThan(180);
  });

  it('show a paused number although nothing of it waits, and no rate of it', async () => {
    await outbox.run(`UPDATE phone_numbers SET paused_at = now(), paused_reason = 'token'`);
    const series = await scrape();
    expect(series).toContain('rasl_number_paused{phone_number_id=n} 1');
    expect(valueOf(series, 'rasl_number_rate_factor')).toBeNaN();
  });

  it('of one that is out of trouble end', async () => {
    let now = performance.now();
    const time = jest.spyOn(performance, 'now').mockImplementation(() => now);
    try {
      const metrics = gaugesOf();
      const id = await outbox.message(sender);
      expect(await scrape(sender, metrics)).not.toEqual([]);
      await outbox.run(`UPDATE messages SET status = 'sent', next_at = NULL WHERE id = $1`, [id]);
      // Asked again at once, the database is left alone.
      expect(await scrape(sender, metrics)).not.toEqual([]);
      now += 5001;
      expect(await scrape(sender, metrics)).toEqual([]);
    } finally {
      time.mockRestore();
    }
  });

  it('without Redis lack the rates alone, and the failure is counted', async () => {
    await outbox.message(sender);
    lab.close();
    const metrics = gaugesOf();
    const series = await scrape(sender, metrics);
    expect(series).toContain('rasl_number_backlog{phone_number_id=n} 1');
    expect(valueOf(series, 'rasl_number_rate_factor')).toBeNaN();
    expect((await metrics.scrape()).text).toContain('rasl_metrics_collection_errors_total{collector="numbers"} 1');
  });

  it(`are at most as many as asked for, the worst first, and the rates ${RATES_SHOWN}`, async () => {
    await outbox.run(
      `INSERT INTO phone_numbers (tenant_id, account_id, phone_number_id, display_phone_number)
       SELECT $1, $2, 'more-' || n, '+1' FROM generate_series(1, ${RATES_SHOWN}) n`,
      [sender.tenantId, sender.accountId],
    );
    const { rows } = await outbox.postgres.pool.query<{ id: number }>('SELECT id FROM phone_numbers ORDER BY id');
    for (const { id } of rows) await outbox.message({ ...sender, numberId: id });
    const worst = rows.at(-1)?.id ?? 0;
    await outbox.run(`UPDATE messages SET due_at = now() - interval '1 day' WHERE number_id = $1`, [worst]);
    expect((await troubledNumbers(outbox.postgres, 2)).map(({ numberId }) => numberId)).toEqual([
      worst,
      expect.any(Number),
    ]);
    const { text } = await gaugesOf().scrape();
    expect(text.match(/^rasl_number_backlog\{/gm)).toHaveLength(RATES_SHOWN + 1);
    expect(text.match(/^rasl_number_rate_factor\{/gm)).toHaveLength(RATES_SHOWN);
  });

  it('cost what the numbers in trouble cost, not what their backlogs are, nor what is at rest', async () => {
    await outbox.messages(sender, 20_000);
    await outbox.messages(await outbox.sender(), 20_000, { status: `'sent'`, next_at: null });
    await outbox.run('VACUUM ANALYZE messages');
    const client = await outbox.postgres.pool.connect();
    try {
      await client.query('BEGIN');
      const blocks = async (): Promise<number> => {
        const { rows } = await client.query<{ hit: number }>(
          `SELECT (pg_stat_get_xact_blocks_fetched('messages'::regclass)
                   + pg_stat_get_xact_blocks_fetched('messages_due'::regclass))::int AS hit`,
        );
        return rows[0]?.hit ?? NaN;
      };
      const before = await blocks();
      await troubledNumbers(
        {
          query: async <T extends object>(_name: string, text: string, values: unknown[] = []) =>
            (await client.query<T & Record<string, unknown>>(text, values)).rows,
        },
        1000,
      );
      expect((await blocks()) - before).toBeLessThan(60);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});
