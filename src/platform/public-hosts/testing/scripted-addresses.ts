import { HostAddresses } from '../host-addresses.js';

/** A name server that answers what a specification says, one answer after another (the last one stays). */
export class ScriptedAddresses extends HostAddresses {
  readonly asked: string[] = [];
  private readonly answers = new Map<string, string[][]>();

  answer(host: string, ...addresses: string[][]): void {
    this.answers.set(host, addresses);
  }

  protected override async lookup(host: string): Promise<{ address: string; family: number }[]> {
    this.asked.push(host);
    const answers = this.answers.get(host);
    if (!answers) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' });
    const addresses = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  }
}
