import { isPhoneCountry } from '../../src/platform/phone/local-phone.js';
import { parseConditions } from '../../src/integrations/mapping/conditions.js';
import { parseMapping } from '../../src/integrations/mapping/mapping.js';
import { PRESETS } from '../../src/integrations/mapping/presets.js';
import { judgePayload } from '../../src/integrations/payloads/judge-payload.js';
import { faultOfOncePer, type ListenerRules, readCountry, rulesOf } from '../../src/integrations/store-listener.js';
import type { FieldErrors } from '../../src/platform/http/api-error.js';
import { shopifyCheckout, shopifyOrder, wooCustomer, wooOrder } from './store-payloads.js';

function rules(id: string): ListenerRules {
  const preset = PRESETS.find((one) => one.id === id);
  if (!preset) throw new Error(`there is no preset ${id}`);
  return rulesOf({ ...preset, name: id, template_name: 'a_template', language: 'en_US', enabled: true });
}

const WOO_CONTACT = { firstname: 'John', lastname: 'Doe', email: 'john.doe@example.com', country: 'US' };
const WOO_ORDER = { phone: '15555555555', field_1: 'John', field_2: '727', field_3: '29.35 USD', contact: WOO_CONTACT };
const SHOPIFY_CONTACT = { firstname: 'John', lastname: 'Smith', email: 'jon@example.com', country: 'US' };
const SHOPIFY_ORDER = {
  phone: '15555557447',
  field_1: 'John',
  field_2: '#9999',
  field_3: '388.00 USD',
  contact: SHOPIFY_CONTACT,
};

const SHOPIFY_ID = 'gid://shopify/Order/820982911946154508';

const FULFILLED = {
  cancelled_at: null,
  fulfillment_status: 'fulfilled',
  fulfillments: [
    {
      id: 1,
      status: 'success',
      tracking_company: 'UPS',
      tracking_number: '1Z',
      tracking_url: 'https://ups.example/1Z',
    },
  ],
};

describe('a preset', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>, string | null]>([
    ['woocommerce.order_created', wooOrder({ status: 'pending' }), WOO_ORDER, '727'],
    ['woocommerce.order_paid', wooOrder(), WOO_ORDER, '727'],
    ['woocommerce.order_shipped', wooOrder({ status: 'completed' }), WOO_ORDER, '727'],
    ['woocommerce.order_refunded', wooOrder({ status: 'refunded' }), WOO_ORDER, '727'],
    [
      'woocommerce.customer_created',
      wooCustomer(),
      { phone: '15555555555', field_1: 'John', contact: WOO_CONTACT },
      '25',
    ],
    ['shopify.order_created', shopifyOrder(), SHOPIFY_ORDER, SHOPIFY_ID],
    ['shopify.order_paid', shopifyOrder({ financial_status: 'paid' }), SHOPIFY_ORDER, SHOPIFY_ID],
    [
      'shopify.order_fulfilled',
      shopifyOrder(FULFILLED),
      { ...SHOPIFY_ORDER, field_4: 'https://ups.example/1Z' },
      SHOPIFY_ID,
    ],
    ['shopify.order_cancelled', shopifyOrder(), SHOPIFY_ORDER, SHOPIFY_ID],
    ['shopify.order_refunded', shopifyOrder({ financial_status: 'refunded' }), SHOPIFY_ORDER, SHOPIFY_ID],
    [
      'shopify.checkout_abandoned',
      shopifyCheckout(),
      {
        phone: '11231231234',
        field_1: 'John',
        field_2: '398.00 USD',
        field_3: 'https://jsmith.myshopify.com/548380009/checkouts/123123123/recover?key=example-secret-token',
        contact: { firstname: 'John', lastname: 'Smith', email: 'example@email.com' },
      },
      '123123123',
    ],
  ])('%s finds all it needs in the documented payload', (id, payload, fields, once) => {
    const judgement = judgePayload(rules(id), payload);
    expect(judgement).toMatchObject({ unmet: undefined, faults: {}, once });
    expect({ ...judgement.fields, contact: judgement.contact }).toEqual({
      template_name: 'a_template',
      language: 'en_US',
      ...fields,
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['woocommerce.order_created', wooOrder({ status: 'auto-draft' }), '$.status'],
    ['woocommerce.order_paid', wooOrder({ status: 'pending' }), '$.status'],
    ['woocommerce.order_shipped', wooOrder(), '$.status'],
    ['woocommerce.order_refunded', wooOrder(), '$.status'],
    ['shopify.order_cancelled', shopifyOrder({ cancelled_at: null }), '$.cancelled_at'],
    ['shopify.order_refunded', shopifyOrder({ financial_status: 'paid' }), '$.financial_status'],
    ['shopify.checkout_abandoned', shopifyCheckout({ completed_at: '2026-01-01T00:00:00Z' }), '$.completed_at'],
  ])('%s passes over what it is not about', (id, payload, path) => {
    expect(judgePayload(rules(id), payload).unmet?.path).toBe(path);
  });

  it.each(PRESETS.map((preset) => [preset.id, preset] as const))(
    '%s is a listener that could be created',
    (_, preset) => {
      const faults: FieldErrors = {};
      const { mapping } = parseMapping(preset.mapping, faults);
      parseConditions(preset.conditions, faults);
      expect(faults).toEqual({});
      expect(preset.once_per && faultOfOncePer(preset.once_per)).toBeUndefined();
      expect(readCountry(preset.default_country, isPhoneCountry)).toEqual({ country: preset.default_country });
      const variables = [...preset.example_text.matchAll(/\{\{(\d+)\}\}/g)].map(([, number]) => `field_${number}`);
      expect(variables.filter((field) => !mapping.has(field))).toEqual([]);
    },
  );
});
