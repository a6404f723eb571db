/** A row of the outbox does not hold what its event shows. */
export class UnreadableFactsError extends Error {}

/** Reads what a trigger wrote of a row, field by field. Every method throws {@link UnreadableFactsError}. */
export class Facts {
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(written: unknown) {
    if (typeof written !== 'object' || written === null || Array.isArray(written)) {
      throw new UnreadableFactsError('the facts are no object');
    }
    this.fields = { ...written };
  }

  /** Everything, as it is. */
  all(): Readonly<Record<string, unknown>> {
    return this.fields;
  }

  integer(name: string): number {
    const value = this.fields[name];
    return isInteger(value) ? value : this.wrong(name, 'no integer');
  }

  integerOrNull(name: string): number | null {
    return this.isNull(name) ? null : this.integer(name);
  }

  integers(name: string): number[] {
    const value = this.fields[name];
    return Array.isArray(value) && value.every(isInteger) ? value : this.wrong(name, 'no list of integers');
  }

  text(name: string): string {
    const value = this.fields[name];
    return typeof value === 'string' ? value : this.wrong(name, 'no text');
  }

  textOrNull(name: string): string | null {
    return this.isNull(name) ? null : this.text(name);
  }

  /** One of the known texts. */
  oneOf<T extends string>(name: string, known: readonly T[]): T {
    const value = this.text(name);
    return known.find((one) => one === value) ?? this.wrong(name, 'unknown');
  }

  boolean(name: string): boolean {
    const value = this.fields[name];
    return typeof value === 'boolean' ? value : this.wrong(name, 'neither true nor false');
  }

  /** A time as Postgres writes it in JSON. */
  date(name: string): Date {
    const date = new Date(this.text(name));
    return Number.isNaN(date.getTime()) ? this.wrong(name, 'no time') : date;
  }

  dateOrNull(name: string): Date | null {
    return this.isNull(name) ? null : this.date(name);
  }

  /** Any JSON. */
  json(name: string): unknown {
    return this.fields[name] === undefined ? this.wrong(name, 'not there') : this.fields[name];
  }

  objectOrNull(name: string): Record<string, unknown> | null {
    const value = this.json(name);
    if (value === null) return null;
    return typeof value === 'object' && !Array.isArray(value) ? { ...value } : this.wrong(name, 'no object');
  }

  private isNull(name: string): boolean {
    return this.fields[name] === null;
  }

  private wrong(name: string, why: string): never {
    throw new UnreadableFactsError(`${name} is ${why}`);
  }
}

const isInteger = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);
