import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';
import { ContactLab } from '../contacts/contact-lab.js';
import { EventLab } from './event-lab.js';

describe('events of contacts, sources and statuses', () => {
  let tenant: TestTenant;
  let contacts: ContactLab;
  let events: EventLab;
  beforeEach(async () => {
    tenant = await TestTenant.create({ withoutNumber: true });
    contacts = new ContactLab(tenant);
    events = await EventLab.create(tenant);
  });
  afterEach(() => tenant.close());

  const EVERYTHING = {
    phone: '+20 100 000 0001',
    email: 'Mona@example.com',
    company: 'Little Shop',
    description: 'Asked for the catalogue.',
    city: 'Cairo',
    state: 'Cairo Governorate',
    zip: '11511',
    address: '6 Tahrir Square',
    country_id: 818,
  };

  it('show a contact as GET does, with what it belongs to, and what a change changed', async () => {
    const vip = await contacts.group('VIP');
    expect(await events.news()).toEqual([]);
    const made = await contacts.post({ ...EVERYTHING, assigned_id: tenant.defaults.assigneeId, groups: [vip] });
    const id = Number(made.body.data?.id);
    const created = await events.only('contact.created');
    const shown = (await contacts.get(id)).body.data;
    expect(created.data.resource.attributes).toEqual(shown);
    // The documented beginning, in its order.
    expect(Object.keys(created.data.resource.attributes).slice(1, 11)).toEqual(
      'firstname lastname company type description country_id zip city state address'.split(' '),
    );
    expect(created.data.relationships).toEqual({
      status: { id: tenant.defaults.statusId, name: 'New' },
      source: { id: tenant.defaults.sourceId, name: 'API' },
      assigned: { id: tenant.defaults.assigneeId, name: 'Nour' },
      groups: [{ id: vip, name: 'VIP' }],
    });
    expect(created.changes).toEqual({ previous: null, current: shown, modified_fields: null });
    expect(created.metadata.request_id).toBe(made.body.meta.request_id);

    const changed = await contacts.update(id, { lastname: 'Aly', city: 'Giza', zip: '11511', groups: [] });
    const updated = await events.only('contact.updated');
    const after = (await contacts.get(id)).body.data;
    expect(updated.data.resource.attributes).toEqual(after);
    expect(updated.changes).toEqual({
      previous: shown,
      current: after,
      modified_fields: ['lastname', 'city', 'group_id'],
    });
    expect(updated.data.relationships).toMatchObject({ groups: [] });
    expect(updated.metadata.request_id).toBe(changed.body.meta.request_id);
    expect(updated.event.sequence).toBeGreaterThan(created.event.sequence);

    const removed = await tenant.api.request('DELETE', `/api/v2/contacts/${id}`);
    const deleted = await events.only('contact.deleted');
    expect(deleted.changes).toEqual({ previous: after, current: {}, modified_fields: null });
    expect(deleted.data.resource.attributes).toEqual(after);
    expect(deleted.metadata.request_id).toBe(removed.body.meta.request_id);
  });

  it('come of no call that changes nothing', async () => {
    const { id } = await contacts.create(EVERYTHING);
    await events.only('contact.created');
    expect((await contacts.update(id, { city: 'Cairo', firstname: 'Mona' })).status).toBe(200);
    expect((await contacts.update(id, {})).status).toBe(200);
    expect((await contacts.update(id, { source_id: 2_000_000_000 })).status).toBe(422);
    // All or nothing: the first would have been made.
    const phones = ['201000000002', '201000000001'].map((phone) => contacts.body({ phone }));
    expect((await contacts.batch(phones, { continue_on_error: false })).status).toBe(422);
    expect(await events.news()).toEqual([]);
  });

  it('come one for each contact of a batch and of a group that goes', async () => {
    const group = await contacts.group('Cairo');
    const { body } = await contacts.batch(
      Array.from({ length: 600 }, (_, n) =>
        contacts.body({ phone: `2011${String(n).padStart(8, '0')}`, groups: [group] }),
      ),
    );
    expect(body.data?.summary).toMatchObject({ created: 600 });
    const created = await events.news();
    expect(created.map(({ type }) => type)).toEqual(Array.from({ length: 600 }, () => 'contact.created'));
    expect(new Set(created.map(({ resource_id }) => resource_id)).size).toBe(600);
    expect(new Set(created.map(({ payload }) => payload.metadata.request_id))).toEqual(new Set([body.meta.request_id]));

    const gone = await tenant.api.request('DELETE', `/api/v2/groups/${group}`);
    const updated = await events.news();
    expect(new Set(updated.map(({ type }) => type))).toEqual(new Set(['contact.updated']));
    expect(updated.map(({ resource_id }) => resource_id).sort((a, b) => a - b)).toEqual(
      created.map(({ resource_id }) => resource_id).sort((a, b) => a - b),
    );
    expect(updated[0]?.payload.changes.modified_fields).toEqual(['group_id']);
    expect(updated[0]?.payload.metadata.request_id).toBe(gone.body.meta.request_id);
  });

  it('come of an import, one for each contact that it makes', async () => {
    await contacts.create({ phone: '201000000001' });
    await events.only('contact.created');
    const rows = ['201000000001', '201000000002', '201000000003'].map((phone) => `${phone},Hana,Ali`);
    const { status, body } = await tenant.api.postForm('/api/v2/contacts/import', {
      file: { bytes: Buffer.from(`phone,firstname,lastname\n${rows.join('\n')}\n`), name: 'a.csv', type: 'text/csv' },
      source_id: tenant.defaults.sourceId,
      status_id: tenant.defaults.statusId,
      skip_duplicates: 'true',
    });
    expect({ status, error: body.error }).toEqual({ status: 200, error: undefined });
    await eventually('the end of the import', async () => {
      const answer = await tenant.api.request('GET', `/api/v2/contacts/imports/${String(body.data?.id)}`);
      return answer.body.data?.status === 'completed' || undefined;
    });
    const news = await events.news();
    expect(news.map(({ type, payload }) => [type, payload.changes.current.phone])).toEqual([
      ['contact.created', '201000000002'],
      ['contact.created', '201000000003'],
    ]);
  });

  it('tell of an opt-out and its end, once each, beside the update', async () => {
    const { id } = await contacts.create(EVERYTHING);
    await events.only('contact.created');
    for (const [path, type, state] of [
      ['opt-out', 'contact.opted_out', true],
      ['opt-in', 'contact.opted_in', false],
    ] as const) {
      const answer = await tenant.api.request('POST', `/api/v2/contacts/${id}/${path}`);
      const news = await events.news();
      expect(news.map((event) => event.type)).toEqual(['contact.updated', type]);
      for (const event of news) {
        await events.expectDocumented(event);
        expect(event.payload.changes.modified_fields).toEqual(['is_opted_out']);
        expect(event.payload.changes.current).toMatchObject({ id, is_opted_out: state });
        expect(event.payload.metadata.request_id).toBe(answer.body.meta.request_id);
      }
      await tenant.api.request('POST', `/api/v2/contacts/${id}/${path}`);
      expect(await events.news()).toEqual([]);
    }
  });

  it.each([
    ['sources', 'source', { name: 'Fair' }, { name: 'Trade fair' }, ['name']],
    ['statuses', 'status', { name: 'Won', color: '#1F9D55' }, { name: 'Won', color: '#2FAD65' }, ['color']],
  ])('tell of %s', async (path, resource, values, changes, modified) => {
    const { body } = await tenant.api.json('POST', path, values);
    const created = await events.only(`${resource}.created`);
    expect(created.data).toEqual({
      resource: { type: resource, id: body.data?.id, attributes: body.data },
      relationships: {},
    });
    expect(created.metadata.request_id).toBe(body.meta.request_id);
    const address = `${path}/${String(body.data?.id)}`;
    expect((await tenant.api.json('PATCH', address, values)).status).toBe(200);
    expect(await events.news()).toEqual([]);
    const before = (await tenant.api.request('GET', `/api/v2/${address}`)).body.data;
    const after = (await tenant.api.json('PATCH', address, changes)).body.data;
    expect((await events.only(`${resource}.updated`)).changes).toEqual({
      previous: before,
      current: after,
      modified_fields: modified,
    });
    await tenant.api.request('DELETE', `/api/v2/${address}`);
    expect((await events.only(`${resource}.deleted`)).changes).toEqual({
      previous: after,
      current: {},
      modified_fields: null,
    });
  });

  it('are written for those alone who asked', async () => {
    const other = await TestTenant.create({ withoutNumber: true });
    const others = await EventLab.create(other, ['contact.deleted']);
    const { id } = await new ContactLab(other).create(EVERYTHING);
    await contacts.create(EVERYTHING);
    await events.only('contact.created');
    expect(await others.news()).toEqual([]);
    await other.api.request('DELETE', `/api/v2/contacts/${id}`);
    await others.only('contact.deleted');
    await other.close();
  });
});
