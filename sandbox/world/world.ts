import { Journal } from '../record/journal.js';
import { LoopStalls } from '../record/loop-stalls.js';
import { Ring } from '../record/ring.js';
import type { RequestRecord } from '../record/records.js';
import type { SandboxSettings } from '../settings.js';
import { realNow } from '../clock/sandbox-clock.js';
import { WebhookSender } from '../webhooks/webhook-sender.js';
import { Account, type Callback, type MetaApp } from './account.js';
import { defaultBehaviour } from './behaviour.js';
import { DEMO } from './defaults.js';
import { newAppSecret, newGraphId, WamidFactory } from './ids.js';
import { PhoneNumber } from './phone-number.js';
import { SeededRandom, seedFor } from './random.js';
import { TokenRegistry } from './tokens.js';

const OTHER_REQUESTS_KEPT = 20_000;

export interface AppDraft {
  readonly id?: string;
  readonly name?: string;
  readonly secret?: string;
  readonly callback?: Callback | null;
}

export interface NumberDraft {
  readonly id?: string;
  readonly displayPhoneNumber?: string;
  readonly verifiedName?: string;
  readonly throughput?: number;
}

/** Everything the sandbox knows: apps, accounts, numbers, tokens, and what happened to them. */
export class World {
  readonly journal = new Journal();
  readonly stalls = new LoopStalls();
  readonly wamids = new WamidFactory();
  readonly tokens = new TokenRegistry();
  readonly webhooks: WebhookSender;
  readonly apps = new Map<string, MetaApp>();
  readonly accounts = new Map<string, Account>();
  readonly numbers = new Map<string, PhoneNumber>();
  /** Requests that concern no known phone number. */
  readonly otherRequests = new Ring<RequestRecord>(OTHER_REQUESTS_KEPT);
  /** How far new accounts' clocks are ahead. */
  clockOffsetMs = 0;
  #nextLine = 8_050_200;

  constructor(readonly settings: SandboxSettings) {
    this.webhooks = new WebhookSender(this.journal, settings.seed);
    this.#createDemo();
  }

  createApp(draft: AppDraft): MetaApp {
    const app: MetaApp = {
      id: draft.id ?? newGraphId(),
      name: draft.name ?? 'Sandbox app',
      secret: draft.secret ?? newAppSecret(),
      callback: draft.callback ?? null,
    };
    this.apps.set(app.id, app);
    return app;
  }

  /** @throws RangeError when the id is taken. */
  createAccount(app: MetaApp, name: string, id = newGraphId()): Account {
    if (this.#taken(id)) throw new RangeError(`id ${id} is taken`);
    const account = new Account(id, name, app, this.clockOffsetMs);
    this.accounts.set(id, account);
    return account;
  }

  /** Puts an account into a portfolio; a limit that the portfolio's other accounts have counts for this one, too. */
  joinPortfolio(account: Account, businessId: string): void {
    const sibling = [...this.accounts.values()].find((other) => other !== account && other.businessId === businessId);
    account.businessId = businessId;
    if (sibling) account.messagingLimit = sibling.messagingLimit;
  }

  /** @throws RangeError when the id is taken or the number is not a phone number. */
  createNumber(account: Account, draft: NumberDraft): PhoneNumber {
    const id = draft.id ?? newGraphId();
    if (this.#taken(id)) throw new RangeError(`id ${id} is taken`);
    const number = new PhoneNumber(
      account,
      {
        id,
        displayPhoneNumber: draft.displayPhoneNumber ?? this.#nextDisplayNumber(),
        verifiedName: draft.verifiedName ?? account.name,
      },
      defaultBehaviour(this.settings.delays),
      new SeededRandom(seedFor(this.settings.seed, id)),
      draft.throughput,
    );
    account.numbers.push(number);
    this.numbers.set(id, number);
    return number;
  }

  /** Puts the account back to how it was born; ids, tokens, callbacks and numbers stay. */
  resetAccount(account: Account): void {
    account.clock.stop();
    account.generation += 1;
    account.messagesUnderWay = 0;
    this.webhooks.forget(account);
    account.webhooksPaused = false;
    account.signature = 'right';
    account.templates.reset();
    account.contacts.reset();
    account.messagingLimit.reset();
    for (const number of account.numbers) {
      number.resetRecord();
      number.behaviour = defaultBehaviour(this.settings.delays);
      number.enforceWindow = true;
      number.status = 'CONNECTED';
      number.qualityRating = 'GREEN';
    }
    this.journal.settled(account);
  }

  /** Moves the clock of one account, or of all. */
  advance(account: Account | null, ms: number): void {
    if (account === null) this.clockOffsetMs += ms;
    for (const one of account === null ? this.accounts.values() : [account]) one.clock.advance(ms);
    this.webhooks.advance(account, ms);
  }

  stop(): void {
    this.stalls.stop();
    for (const account of this.accounts.values()) account.clock.stop();
    this.webhooks.stop();
  }

  /** +1 555 805 0200 and on: never one of the magic recipients (+1 555 0… and +1 555 1…). */
  #nextDisplayNumber(): string {
    const line = String(this.#nextLine++);
    return `+1 555-${line.slice(0, 3)}-${line.slice(3)}`;
  }

  #taken(id: string): boolean {
    return this.accounts.has(id) || this.numbers.has(id);
  }

  #createDemo(): void {
    const app = this.createApp({ id: DEMO.appId, name: DEMO.appName, secret: DEMO.appSecret });
    const account = this.createAccount(app, DEMO.accountName, DEMO.accountId);
    this.createNumber(account, {
      id: DEMO.phoneNumberId,
      displayPhoneNumber: DEMO.displayPhoneNumber,
      verifiedName: DEMO.verifiedName,
    });
    this.tokens.issue({
      value: DEMO.accessToken,
      appId: app.id,
      accountIds: [account.id],
      issuedAt: realNow(),
    });
  }
}
