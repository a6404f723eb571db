import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Postgres } from '../database/postgres.js';
import { OperatorServer } from '../health/operator-server.js';
import { RateSlots } from '../queue/rate-slots.js';
import { numberCounts } from './number-counts.js';
import { numberRates } from './number-rates.js';
import { numberStates } from './number-states.js';
import { numbersHtml, type NumbersPage } from './numbers-page.js';

/** Numbers on one page. */
export const PAGE_SIZE = 50;
const MAX_PAGE = 100_000;

/**
 * The operator's pages `/numbers` and `/numbers.json`: what waits, what ails and what went wrong, number by number.
 * Every process shows them, from Postgres; the rates come from Redis, and are left out while it is away.
 */
@Injectable()
export class NumbersView implements OnModuleInit {
  constructor(
    private readonly operator: OperatorServer,
    private readonly postgres: Postgres,
    private readonly slots: RateSlots,
  ) {}

  onModuleInit(): void {
    this.operator.addPage('/numbers', async (query) => ({
      contentType: 'text/html; charset=utf-8',
      body: numbersHtml(await this.read(pageOf(query.get('page')))),
    }));
    this.operator.addPage('/numbers.json', async (query) => ({
      contentType: 'application/json',
      body: JSON.stringify(await this.read(pageOf(query.get('page')))),
    }));
  }

  private async read(page: number): Promise<NumbersPage> {
    const states = await numberStates(this.postgres, { limit: PAGE_SIZE + 1, offset: (page - 1) * PAGE_SIZE });
    const shown = states.slice(0, PAGE_SIZE);
    const [counts, rates, [hold]] = await Promise.all([
      numberCounts(
        this.postgres,
        shown.map(({ numberId }) => numberId),
      ),
      numberRates(this.slots, shown),
      this.postgres.query<{ held_at: Date; reason: string }>(
        'numbers-hold',
        'SELECT held_at, reason FROM delivery_hold',
      ),
    ]);
    return {
      at: new Date(),
      hold: hold ? { heldAt: hold.held_at, reason: hold.reason } : null,
      numbers: shown.flatMap((state) => {
        const counted = counts.get(state.numberId);
        return counted ? [{ ...state, ...counted, rate: rates.get(state.numberId) ?? null }] : [];
      }),
      page,
      hasMore: states.length > PAGE_SIZE,
    };
  }
}

/** What is no page is the first. */
function pageOf(text: string | null): number {
  const page = /^\d{1,6}$/.test(text ?? '') ? Number(text) : 1;
  return Math.min(Math.max(page, 1), MAX_PAGE);
}
