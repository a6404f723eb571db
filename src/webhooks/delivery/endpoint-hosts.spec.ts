import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readSettings } from '../../platform/config/settings.js';
import { HostRefusedError } from '../../platform/public-hosts/host-addresses.js';
import { ScriptedAddresses } from '../../platform/public-hosts/testing/scripted-addresses.js';
import { EndpointHosts } from './endpoint-hosts.js';

const ENVIRONMENT = {
  DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
  REDIS_URL: 'redis://127.0.0.1:1',
  WHATSAPP_API_BASE_URL: 'http://127.0.0.1:1',
  WHATSAPP_APP_SECRET: 'unused',
  WHATSAPP_VERIFY_TOKEN: 'unused-token',
  ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
  PUBLIC_URL: 'http://127.0.0.1:1',
  MEDIA_DIR: '/tmp',
};

function hosts(environment: NodeJS.ProcessEnv = {}): { hosts: EndpointHosts; addresses: ScriptedAddresses } {
  const addresses = new ScriptedAddresses();
  const settings = readSettings({ ...ENVIRONMENT, NODE_ENV: 'production', ...environment });
  return { hosts: new EndpointHosts(settings, addresses), addresses };
}

const lookedUp = (of: EndpointHosts, url: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const { hostname } = new URL(url);
    of.lookupFor(new URL(url))(hostname, { all: true }, (error, found) => (error ? reject(error) : resolve(found)));
  });

/** One address of IPv4 in notations that URLs allow for it. */
const notations = ([a, b, c, d]: readonly [number, number, number, number]): string[] => {
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (value: number) => value.toString(16);
  return [
    `${a}.${b}.${c}.${d}`,
    `${number}`,
    `0x${hex(number)}`,
    `0${number.toString(8)}`,
    `0x${hex(a)}.0${b.toString(8)}.${c}.${d}`,
    `${a}.${b * 65_536 + c * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    `${a}.${b}.${c}.${d}.`,
    `[::ffff:${a}.${b}.${c}.${d}]`,
    `[::ffff:${hex(a * 256 + b)}:${hex(c * 256 + d)}]`,
    `[0:0:0:0:0:ffff:${hex(a * 256 + b)}:${hex(c * 256 + d)}]`,
  ];
};

const byte = fc.nat(255);
const PRIVATE = fc.oneof(
  fc.tuple(fc.constant(10), byte, byte, byte),
  fc.tuple(fc.constant(127), byte, byte, byte),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
  fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
  fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), byte, byte),
  fc.tuple(fc.constant(0), byte, byte, byte),
);

describe('a host that is written as an address', () => {
  it('is refused when the address is private, in every notation', () => {
    const { hosts: production } = hosts();
    fc.assert(
      fc.property(PRIVATE, (address) => {
        for (const host of notations(address)) {
          expect([host, production.mayBeNamed(new URL(`http://${host}:8080/hook`))]).toEqual([host, false]);
        }
      }),
    );
  });

  it('is let through when the address is public, in every notation', () => {
    const { hosts: production } = hosts();
    for (const host of notations([93, 184, 216, 34])) {
      expect([host, production.mayBeNamed(new URL(`https://${host}/`))]).toEqual([host, true]);
    }
  });

  it.each(['[::1]', '[fd00::1]', '[fe80::1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[::]', '[::7f00:1]'])(
    'is refused as IPv6: %s',
    (host) => expect(hosts().hosts.mayBeNamed(new URL(`http://${host}/`))).toBe(false),
  );

  it('may be loopback outside production, and nothing else that is private', () => {
    const { hosts: development } = hosts({ NODE_ENV: 'development' });
    for (const host of notations([127, 0, 0, 1])) expect(development.mayBeNamed(new URL(`http://${host}/`))).toBe(true);
    expect(development.mayBeNamed(new URL('http://[::1]/'))).toBe(true);
    for (const host of notations([10, 0, 0, 1])) expect(development.mayBeNamed(new URL(`http://${host}/`))).toBe(false);
  });

  it('may be what the operator names, with its port', () => {
    const { hosts: exempt } = hosts({ WEBHOOK_URL_ALLOW: '10.0.0.1:5678, n8n' });
    expect(exempt.mayBeNamed(new URL('http://10.0.0.1:5678/'))).toBe(true);
    expect(exempt.mayBeNamed(new URL('http://10.0.0.1:5679/'))).toBe(false);
  });
});

describe('the look-up for a connection', () => {
  it('hands out the addresses that it checked', async () => {
    const { hosts: production, addresses } = hosts();
    addresses.answer('shop.test', ['93.184.216.34', '2606:4700::1111']);
    expect(await lookedUp(production, 'https://shop.test/')).toEqual([
      { address: '93.184.216.34', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
  });

  it('refuses a name as soon as one of its addresses is private', async () => {
    const { hosts: production, addresses } = hosts();
    addresses.answer('shop.test', ['93.184.216.34', '10.1.2.3']);
    await expect(lookedUp(production, 'https://shop.test/')).rejects.toThrow(HostRefusedError);
  });

  it('is made for each connection: a name that turns private is refused then', async () => {
    const { hosts: production, addresses } = hosts();
    addresses.answer('shop.test', ['93.184.216.34'], ['127.0.0.1']);
    await lookedUp(production, 'https://shop.test/');
    await expect(lookedUp(production, 'https://shop.test/')).rejects.toThrow('not public');
    expect(addresses.asked).toHaveLength(2);
  });

  it('says that there is no such name', async () => {
    await expect(lookedUp(hosts().hosts, 'https://nothing.test/')).rejects.toThrow('could not be found');
  });

  it('lets a name through that the operator exempts', async () => {
    const { hosts: exempt, addresses } = hosts({ WEBHOOK_URL_ALLOW: 'n8n' });
    addresses.answer('n8n', ['172.20.0.5']);
    expect(await lookedUp(exempt, 'http://n8n:5678/')).toEqual([{ address: '172.20.0.5', family: 4 }]);
  });
});
