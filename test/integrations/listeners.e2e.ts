import { jest } from '@jest/globals';
import { PRESETS } from '../../src/integrations/mapping/presets.js';
import { TestTenant } from '../support/tenant.js';
import { ORDER_MAPPING, SECRET, STANDARD_SECRET, StoreLab } from './store-lab.js';

jest.setTimeout(60_000);

const PATH = 'integrations/ecommerce';

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('a listener', () => {
  let lab: StoreLab;
  beforeAll(async () => {
    lab = await StoreLab.create();
  });
  afterAll(() => lab.close());

  const detailsOf = async (fields: Record<string, unknown>) => {
    const { status, body } = await lab.post({ ...lab.fields(), ...fields });
    expect([status, body.error?.code]).toEqual([422, 'VALIDATION_ERROR']);
    return body.error?.details;
  };

  it('is created, shown, listed, changed and deleted; its secret is never shown', async () => {
    const created = await lab.post({ ...lab.fields(), conditions: [{ path: '$.a', op: 'exists' }], once_per: '$.id' });
    expect(created.status).toBe(201);
    const { id, key } = created.body.data as { id: number; key: string };
    expect(created.body.data).toEqual({
      id,
      key: expect.stringMatching(/^[0-9A-Za-z]{24}$/) as unknown,
      url: expect.stringMatching(new RegExp(`^http://.*/api/v2/${PATH}/${key}$`)) as unknown,
      kind: 'woocommerce',
      name: 'Paid orders',
      has_secret: true,
      template_name: 'order_paid',
      language: 'en_US',
      mapping: ORDER_MAPPING,
      conditions: [{ path: '$.a', op: 'exists' }],
      once_per: '$.id',
      default_country: '$.billing.country',
      delay_minutes: 0,
      enabled: true,
      created_at: expect.any(String) as unknown,
      updated_at: expect.any(String) as unknown,
    });
    expect((await lab.get(`/${id}`)).body.data).toEqual(created.body.data);
    expect((await lab.get(`?filter[id]=${id}`)).body.data).toEqual([created.body.data]);
    const default_country = ['$.billing.country', 'EG'];
    const texts = { name: 'Others', default_country };
    const changes = { ...texts, conditions: null, once_per: null, delay_minutes: 5, enabled: false };
    const changed = await lab.tenant.api.json('PATCH', `${PATH}/${id}`, changes);
    expect(changed.body.data).toMatchObject({
      ...created.body.data,
      ...changes,
      conditions: [],
      updated_at: expect.any(String) as unknown,
    });
    const rows = await lab.tenant.rows<{ row: string }>('SELECT l::text AS row FROM store_listeners l WHERE id = $1', [
      id,
    ]);
    expect(rows[0]?.row).not.toContain(Buffer.from(SECRET).toString('hex'));
    expect((await lab.tenant.api.request('DELETE', `/api/v2/${PATH}/${id}`)).body).toMatchObject({
      success: true,
      data: null,
    });
    expect((await lab.get(`/${id}`)).status).toBe(404);
    expect((await lab.call(key, '{}')).status).toBe(404);
  });

  it('gets another secret by an update, and keeps its own without one', async () => {
    const listener = await lab.listener({ kind: 'generic', secret: STANDARD_SECRET });
    const update = (fields: Record<string, unknown>) => lab.tenant.api.json('PATCH', `${PATH}/${listener.id}`, fields);
    await update({ name: 'Renamed' });
    expect((await lab.deliver(listener, {})).status).toBe(200);
    await update({ secret: `whsec_${Buffer.alloc(24, 8).toString('base64')}` });
    expect((await lab.deliver(listener, {})).status).toBe(401);
    expect((await update({ secret: null })).body.data).toMatchObject({ has_secret: false });
    expect((await lab.call(listener.key, '{}')).status).toBe(200);
    expect((await update({ kind: 'shopify' })).body.error?.details).toMatchObject({ kind: [expect.any(String)] });
  });

  it('is refused with all that is wrong with it', async () => {
    expect(
      await detailsOf({
        kind: 'magento',
        name: ' ',
        template_name: undefined,
        language: 'much_too_long',
        mapping: { field_1: '$.', elsewhere: '$.a' },
        conditions: [{ path: '$.a', op: 'near' }],
        once_per: 'always the same',
        default_country: 'Egypt',
        enabled: 'maybe',
      }),
    ).toEqual({
      kind: [expect.any(String)],
      name: ['name must not be blank'],
      template_name: ['template_name is required'],
      language: [expect.any(String)],
      'mapping.field_1': [expect.stringContaining('field_1 is no path')],
      'mapping.elsewhere': [expect.stringContaining('elsewhere is no field of a mapping')],
      'mapping.phone': ['phone is required'],
      'conditions.0.op': ['op must be one of eq, ne, in, exists, gt, lt'],
      once_per: ['once_per must have a path, such as $.id'],
      default_country: [expect.stringContaining('two capital letters')],
      enabled: [expect.any(String)],
    });
  });

  it.each([
    ['woocommerce', undefined],
    ['shopify', ''],
    ['shopify', null],
    ['woocommerce', 'x'.repeat(256)],
    ['generic', 'no Base64!'],
    ['generic', Buffer.alloc(23).toString('base64')],
    ['generic', Buffer.alloc(65).toString('base64')],
  ])('of %s is refused with the secret %j', async (kind, secret) => {
    expect(Object.keys((await detailsOf({ kind, secret })) ?? {})).toEqual(['secret']);
  });

  it.each([
    ['woocommerce', 'x'.repeat(255)],
    ['generic', Buffer.alloc(24).toString('base64')],
    ['generic', `whsec_${Buffer.alloc(64).toString('base64')}`],
    ['generic', null],
  ])('of %s may have the secret %j', async (kind, secret) => {
    await lab.listener({ kind, secret });
  });

  it.each([
    ['delay_minutes', 0, -1],
    ['delay_minutes', 1440, 1441],
    ['delay_minutes', '60', 1.5],
    ['default_country', 'EG', 'ZZ'],
    ['default_country', ['$.a', '$.b', '$.c', '$.d', 'EG'], ['$.a', '$.b', '$.c', '$.d', '$.e', 'EG']],
    ['default_country', null, []],
    ['default_country', ' EG ', 7],
    ['default_country', ['EG'], ['EG', null]],
    ['default_country', `$.${'a'.repeat(298)}`, `$.${'a'.repeat(299)}`],
  ])('may have the %s %j, not %j', async (field, good, bad) => {
    await lab.listener({ [field]: good });
    expect(Object.keys((await detailsOf({ [field]: bad })) ?? {})).toEqual([field]);
  });

  it('may have 49 others beside it, not 50', async () => {
    const tenant = await StoreLab.create();
    try {
      await tenant.tenant.rows(
        `INSERT INTO store_listeners (tenant_id, key, kind, name, template_name, language, mapping)
         SELECT $1, $2 || n, 'generic', 'n', 't', 'en', '{"phone":"$.a"}' FROM generate_series(1, 49) n`,
        [tenant.tenant.id, `many ${tenant.tenant.id} `],
      );
      const answers = await Promise.all([1, 2].map(() => tenant.post(tenant.fields())));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
    } finally {
      await tenant.close();
    }
  });

  it('needs integrations:read to be seen and integrations:write to be changed', async () => {
    const reader = await TestTenant.create({ scopes: ['integrations:read'] });
    try {
      expect((await reader.api.request('GET', `/api/v2/${PATH}`)).status).toBe(200);
      expect((await reader.api.json('POST', PATH, lab.fields())).body.error).toMatchObject({
        code: 'INSUFFICIENT_SCOPE',
        details: { required: ['integrations:write'] },
      });
    } finally {
      await reader.close();
    }
  });

  it('can be made of every preset', async () => {
    const { data } = (await lab.get('/presets')).body as unknown as { data: Record<string, unknown>[] };
    expect(data).toEqual(PRESETS);
    for (const { kind, mapping, conditions, once_per, default_country, delay_minutes } of data) {
      await lab.listener({ kind, mapping, conditions, once_per, default_country, delay_minutes });
    }
  });
});
