import type { ClaimedMessage } from '../attempts/claimed-message.js';
import { PayloadError } from './payload-builder.js';

/**
 * Reads `messages.content`, whose shape depends on the type of the message and is promised by no column. What is not
 * as the accepting side stores it is a {@link PayloadError}, never a payload with a hole.
 */
export class StoredContent {
  private constructor(
    private readonly fields: Readonly<Record<string, unknown>>,
    private readonly where: string,
  ) {}

  static of(message: ClaimedMessage): StoredContent {
    return new StoredContent(message.content, `message ${message.id}`);
  }

  /** @throws PayloadError when it is not there */
  text(name: string): string {
    const value = this.fields[name];
    if (typeof value !== 'string') throw this.fault(name, 'no text');
    return value;
  }

  /** Those of the names that are there, with their texts. */
  texts<Name extends string>(...names: Name[]): { [name in Name]?: string } {
    const found: { [name in Name]?: string } = {};
    for (const name of names) if (this.fields[name] !== undefined) found[name] = this.text(name);
    return found;
  }

  /** @throws PayloadError when it is not there */
  number(name: string): number {
    const value = this.fields[name];
    if (typeof value !== 'number') throw this.fault(name, 'no number');
    return value;
  }

  has(name: string): boolean {
    return this.fields[name] !== undefined;
  }

  /** @throws PayloadError when it is not there */
  object(name: string): StoredContent {
    return this.nested(this.fields[name], name);
  }

  /** Empty when it is not there. */
  list(name: string): StoredContent[] {
    const value = this.fields[name];
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.fault(name, 'no list');
    return value.map((member: unknown, index) => this.nested(member, `${name}.${index}`));
  }

  private nested(value: unknown, name: string): StoredContent {
    if (!isRecord(value)) throw this.fault(name, 'no object');
    return new StoredContent(value, `${this.where}, ${name}`);
  }

  private fault(name: string, found: string): PayloadError {
    return new PayloadError(`Stored content of ${this.where}: ${name} is ${found}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
