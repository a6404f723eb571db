import type { Type } from '@nestjs/common';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { SendContactsDto } from './send-contacts.dto.js';
import { SendLocationDto } from './send-location.dto.js';
import { SendReactionDto } from './send-reaction.dto.js';
import { SendTextDto } from './send-text.dto.js';

const wrongFields = async (dto: Type<object>, body: object): Promise<string[]> =>
  Object.keys((await checkDto(dto, body)).faults);
const PHONE = { phone: '201000000000' };

describe('a location', () => {
  const wrong = (latitude: unknown, longitude: unknown) =>
    wrongFields(SendLocationDto, { ...PHONE, latitude, longitude });

  it.each([
    [90, 180],
    [-90, -180],
    ['30.0444', '-31.5'],
    [0, 0],
  ])('at %j, %j', async (latitude, longitude) => {
    expect(await wrong(latitude, longitude)).toEqual([]);
  });

  it.each([
    [90.0001, 180.0001],
    [-90.1, -181],
    ['', ' 1'],
    ['1e1', '0x10'],
    [null, undefined],
    [Infinity, NaN],
    [true, [1]],
  ])('not at %j, %j', async (latitude, longitude) => {
    expect(await wrong(latitude, longitude)).toEqual(['latitude', 'longitude']);
  });
});

describe('contact cards', () => {
  const wrong = (contacts: unknown) => wrongFields(SendContactsDto, { ...PHONE, contacts });
  const card = (fields: object = {}) => ({ name: { formatted_name: 'Mona' }, ...fields });

  it('are 1 to 257', async () => {
    expect(await wrong([card()])).toEqual([]);
    expect(await wrong(Array.from({ length: 257 }, () => card()))).toEqual([]);
    for (const contacts of [[], undefined, 'x', Array.from({ length: 258 }, () => card())]) {
      expect(await wrong(contacts)).toEqual(['contacts']);
    }
  });

  it('have a name, and what else they have is as WhatsApp has it', async () => {
    expect(await wrong([{}, { name: 'Mona' }, { name: {} }, card({ org: 7 })])).toEqual([
      'contacts.0.name',
      'contacts.1.name',
      'contacts.2.name.formatted_name',
      'contacts.3.org',
    ]);
    expect(await wrong([card({ phones: [{ phone: 7 }], emails: {}, urls: [null] })])).toEqual([
      'contacts.0.phones.0.phone',
      'contacts.0.emails',
      'contacts.0.urls',
      'contacts.0.urls.0',
    ]);
  });

  it('take null for what is left out', async () => {
    const empty = { phones: null, emails: null, urls: null, addresses: null, org: null, birthday: null };
    const { instance, faults } = await checkDto(SendContactsDto, { ...PHONE, contacts: [card(empty)] });
    expect(faults).toEqual({});
    // Null would be stored, and be no organization when the message is to leave.
    expect(instance.contacts[0]?.org).toBeUndefined();
  });

  it.each(['1990-05-17', '2024-02-29', ''])('with the birthday %j', async (birthday) => {
    expect(await wrong([card({ birthday })])).toEqual([]);
  });

  it.each(['2023-02-29', '1990-13-01', '17.05.1990', '1990-05-17T00:00:00Z', 19900517])(
    'not with the birthday %j',
    async (birthday) => {
      expect(await wrong([card({ birthday })])).toEqual(['contacts.0.birthday']);
    },
  );
});

describe('a reaction', () => {
  const wrong = (body: object) => wrongFields(SendReactionDto, { message_id: 'wamid.x', emoji: '👍', ...body });

  it.each(['👍', '❤', '❤️', '👩🏽‍🚒', '🇪🇬', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '1️⃣', ''])('with %j', async (emoji) => {
    expect(await wrong({ emoji })).toEqual([]);
  });

  it.each(['👍👍', 'ok', '1', ' ', 'م', `👍${'\u0301'.repeat(20)}`, undefined, null, 7])(
    'not with %j',
    async (emoji) => {
      expect(await wrong({ emoji })).toEqual(['emoji']);
    },
  );

  it('needs no recipient, but a proper one when there is one', async () => {
    expect(await wrong({})).toEqual([]);
    expect(await wrong({ phone: '12' })).toEqual(['phone']);
  });

  it.each([[91], ['91'], ['wamid.HBgM']])('to %j', async (message_id) => {
    expect(await wrong({ message_id })).toEqual([]);
  });

  it.each([[1.5], ['a b'], [''], [undefined], [null], [{}], ['x'.repeat(256)]])('not to %j', async (message_id) => {
    expect(await wrong({ message_id })).toEqual(['message_id']);
  });
});

describe('reply_to', () => {
  const wrong = (reply_to: unknown) => wrongFields(SendTextDto, { ...PHONE, message: 'x', reply_to });

  it.each([[91], ['91'], ['wamid.HBgM'], ['x'.repeat(255)], [''], [undefined]])('may be %j', async (reply_to) => {
    expect(await wrong(reply_to)).toEqual([]);
  });

  it.each([[-1], [1.5], ['رسالة'], [['91']], ['x'.repeat(256)]])('may not be %j', async (reply_to) => {
    expect(await wrong(reply_to)).toEqual(['reply_to']);
  });
});

describe('a send', () => {
  it('needs a recipient, which one of two fields names', async () => {
    expect(await wrongFields(SendTextDto, { message: 'x' })).toEqual(['phone']);
    expect(await wrongFields(SendTextDto, { message: 'x', contact_id: 7 })).toEqual([]);
  });

  it('takes 20 characters of a phone as it is written', async () => {
    expect(await wrongFields(SendTextDto, { message: 'x', phone: '+20 (100) 123-4567 ' })).toEqual([]);
    expect(await wrongFields(SendTextDto, { message: 'x', phone: '+20 (100)  123-4567  ' })).toEqual(['phone']);
  });
});
