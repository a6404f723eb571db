import { SandboxClock } from '../clock/sandbox-clock.js';
import { ManagementLimit } from '../graph/management-limit.js';
import { MessagingLimit } from '../messages/messaging-limit.js';
import { TemplateRegistry } from '../templates/template-registry.js';
import { ContactBook } from './contacts.js';
import type { PhoneNumber } from './phone-number.js';

/** Where webhooks go. */
export interface Callback {
  readonly url: string;
  readonly verifyToken: string;
}

/** A Meta app: the owner of the secret that signs webhooks. */
export interface MetaApp {
  readonly id: string;
  readonly name: string;
  readonly secret: string;
  callback: Callback | null;
}

export type SignatureMode = 'right' | 'wrong' | 'missing';

/** A WhatsApp Business Account (WABA) with its own clock, templates, users and webhook state. */
export class Account {
  readonly clock: SandboxClock;
  readonly templates: TemplateRegistry;
  readonly contacts: ContactBook;
  /** The business portfolio that owns the account, and its limit, which it shares with the portfolio's other accounts. */
  businessId: string;
  messagingLimit = new MessagingLimit();
  readonly management = new ManagementLimit();
  readonly numbers: PhoneNumber[] = [];
  /** Whether the app is subscribed to the account: without it no webhook is sent. */
  subscribed = false;
  overrideCallback: Callback | null = null;
  webhooksPaused = false;
  signature: SignatureMode = 'right';
  /** Messages whose statuses are not all out yet. */
  messagesUnderWay = 0;
  /** Updates that no callback has acknowledged yet. */
  updatesUnderWay = 0;
  /** Grows with every reset: what began before it is no longer carried on. */
  generation = 0;

  constructor(
    readonly id: string,
    readonly name: string,
    readonly app: MetaApp,
    clockOffsetMs: number,
  ) {
    this.businessId = `9${id}`;
    this.clock = new SandboxClock(clockOffsetMs);
    this.templates = new TemplateRegistry(id);
    this.contacts = new ContactBook(id);
  }

  get idle(): boolean {
    return this.messagesUnderWay === 0 && this.updatesUnderWay === 0;
  }
}
