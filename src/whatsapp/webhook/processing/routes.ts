import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { WebhookItem } from '../body/items.js';
import type { InboxItem } from './inbox-item.js';

/** One of our WhatsApp accounts, as a webhook may speak of it. */
export interface RoutedAccount {
  readonly accountId: number;
  readonly tenantId: number;
  readonly numbers: ReadonlyMap<string, RoutedNumber>;
}

/** One of our phone numbers. */
export interface RoutedNumber {
  readonly numberId: number;
  readonly tenantId: number;
  /** Messages a second, in and out, that WhatsApp allows it. */
  readonly ratePerSecond: number;
}

interface RouteRow {
  account_id: number;
  tenant_id: number;
  waba_id: string;
  app_id: number | null;
  number_id: number | null;
  phone_number_id: string | null;
  rate_per_second: number | null;
}

/**
 * Which accounts and numbers the signing app may speak for. An account's webhooks come from the one app that it is
 * connected through; what another app says about it, however well signed, counts for nothing.
 */
export class Routes {
  private readonly accounts = new Map<string, { appId: number | null; account: RoutedAccount }>();

  /** Reads the routes of everything that the items name (index whatsapp_accounts_waba_id_key). */
  static async load(sql: SqlRunner, items: readonly InboxItem[]): Promise<Routes> {
    const rows = await sql.query<RouteRow>(
      'webhook-routes',
      `SELECT a.id AS account_id, a.tenant_id, a.waba_id, a.app_id, n.id AS number_id, n.phone_number_id,
              n.rate_per_second
         FROM whatsapp_accounts a LEFT JOIN phone_numbers n ON n.account_id = a.id AND n.tenant_id = a.tenant_id
        WHERE a.waba_id = ANY ($1)`,
      [[...new Set(items.map(({ item }) => item.wabaId))]],
    );
    const routes = new Routes();
    for (const row of rows) {
      const known = routes.accounts.get(row.waba_id);
      const numbers = new Map(known?.account.numbers);
      if (row.phone_number_id !== null && row.number_id !== null && row.rate_per_second !== null) {
        numbers.set(row.phone_number_id, {
          numberId: row.number_id,
          tenantId: row.tenant_id,
          ratePerSecond: row.rate_per_second,
        });
      }
      const account = { accountId: row.account_id, tenantId: row.tenant_id, numbers };
      routes.accounts.set(row.waba_id, { appId: row.app_id, account });
    }
    return routes;
  }

  /** The account that the item is about; null when we do not have it, or the signing app is not its app. */
  account({ item, appId }: InboxItem): RoutedAccount | null {
    const known = this.accounts.get(item.wabaId);
    return known && known.appId === appId ? known.account : null;
  }

  /** The number that the item is about; null as above, or when it is not the account's. */
  number(entry: InboxItem<Extract<WebhookItem, { phoneNumberId: string }>>): RoutedNumber | null {
    return this.account(entry)?.numbers.get(entry.item.phoneNumberId) ?? null;
  }
}
