import type { ListenerKind, WrittenCountry } from '../store-listener.js';
import type { WrittenCondition } from './conditions.js';
import type { WrittenMapping } from './mapping.js';

/** A ready-made listener for one thing that happens in a store; name, secret, template and language are the tenant's. */
export interface Preset {
  readonly id: string;
  readonly kind: ListenerKind;
  /** As the store calls it, where the webhook is made. */
  readonly topic: string;
  readonly title: string;
  /** A template that its fields fit. */
  readonly example_text: string;
  readonly mapping: WrittenMapping;
  readonly conditions: readonly WrittenCondition[];
  readonly once_per: string | null;
  readonly default_country: WrittenCountry;
  readonly delay_minutes: number;
}

/* WooCommerce REST API documentation, "Orders" and "Customers": a webhook's payload is what the API shows. */

const WOO_CONTACT = {
  'contact.firstname': ['$.billing.first_name', '$.first_name'],
  'contact.lastname': ['$.billing.last_name', '$.last_name'],
  'contact.email': ['$.billing.email', '$.email'],
  'contact.country': '$.billing.country',
};

const WOO_ORDER = {
  phone: ['$.billing.phone', '$.shipping.phone'],
  field_1: ['$.billing.first_name', '$.shipping.first_name'],
  field_2: '$.number',
  field_3: '${$.total} ${$.currency}',
  ...WOO_CONTACT,
};

/** WooCommerce tells `order.updated` several times for each change, so the order's id lets only the first count. */
const wooOrder = (id: string, title: string, example: string, statuses: readonly string[]): Preset => ({
  id: `woocommerce.${id}`,
  kind: 'woocommerce',
  topic: 'order.updated',
  title,
  example_text: example,
  mapping: WOO_ORDER,
  conditions: [{ path: '$.status', op: 'in', value: statuses }],
  once_per: '$.id',
  default_country: '$.billing.country',
  delay_minutes: 0,
});

/* Shopify, "Webhooks": orders/… have the Order resource, checkouts/… the Checkout. */

const SHOPIFY_PHONE = [
  '$.phone',
  '$.shipping_address.phone',
  '$.billing_address.phone',
  '$.customer.phone',
  '$.customer.default_address.phone',
];

const SHOPIFY_CONTACT = {
  'contact.firstname': ['$.customer.first_name', '$.shipping_address.first_name', '$.billing_address.first_name'],
  'contact.lastname': ['$.customer.last_name', '$.shipping_address.last_name', '$.billing_address.last_name'],
  'contact.email': ['$.email', '$.customer.email'],
  'contact.country': ['$.shipping_address.country_code', '$.billing_address.country_code'],
};

const SHOPIFY_ORDER = {
  phone: SHOPIFY_PHONE,
  field_1: ['$.customer.first_name', '$.shipping_address.first_name', '$.billing_address.first_name'],
  field_2: '$.name',
  field_3: '${$.total_price} ${$.currency}',
  ...SHOPIFY_CONTACT,
};

/** In the order of the phones above. An order without any address has no country; its phone then needs a code. */
const SHOPIFY_COUNTRY = [
  '$.shipping_address.country_code',
  '$.billing_address.country_code',
  '$.customer.default_address.country_code',
];

const shopifyOrder = (
  id: string,
  topic: string,
  title: string,
  example: string,
  more: Partial<Preset> = {},
): Preset => ({
  id: `shopify.${id}`,
  kind: 'shopify',
  topic,
  title,
  example_text: example,
  mapping: SHOPIFY_ORDER,
  conditions: [],
  // Its number has more digits than JavaScript's numbers hold.
  once_per: '$.admin_graphql_api_id',
  default_country: SHOPIFY_COUNTRY,
  delay_minutes: 0,
  ...more,
});

/** All of them; `GET /integrations/ecommerce/presets` shows them. */
export const PRESETS: readonly Preset[] = [
  {
    ...wooOrder('order_created', 'Order created', 'Hello {{1}}, we have your order {{2}} of {{3}}.', []),
    topic: 'order.created',
    // Made by hand in the shop's administration, an order may begin as a draft.
    conditions: [{ path: '$.status', op: 'in', value: ['pending', 'on-hold', 'processing', 'completed'] }],
  },
  wooOrder('order_paid', 'Order paid', 'Hello {{1}}, your order {{2}} of {{3}} is paid.', ['processing', 'completed']),
  wooOrder(
    'order_shipped',
    'Order shipped (status "completed")',
    'Hello {{1}}, your order {{2}} of {{3}} is on its way.',
    ['completed'],
  ),
  wooOrder('order_refunded', 'Order refunded', 'Hello {{1}}, your order {{2}} of {{3}} is refunded.', ['refunded']),
  {
    id: 'woocommerce.customer_created',
    kind: 'woocommerce',
    topic: 'customer.created',
    title: 'Customer created',
    example_text: 'Welcome {{1}}!',
    mapping: {
      phone: ['$.billing.phone', '$.shipping.phone'],
      field_1: ['$.first_name', '$.billing.first_name', '$.username'],
      ...WOO_CONTACT,
    },
    conditions: [],
    once_per: '$.id',
    default_country: '$.billing.country',
    delay_minutes: 0,
  },
  shopifyOrder('order_created', 'orders/create', 'Order created', 'Hello {{1}}, we have your order {{2}} of {{3}}.'),
  shopifyOrder('order_paid', 'orders/paid', 'Order paid', 'Hello {{1}}, your order {{2}} of {{3}} is paid.'),
  shopifyOrder(
    'order_fulfilled',
    'orders/fulfilled',
    'Order shipped',
    'Hello {{1}}, your order {{2}} of {{3}} is on its way: {{4}}',
    {
      mapping: {
        ...SHOPIFY_ORDER,
        field_4: ['$.fulfillments[0].tracking_url', '$.fulfillments[0].tracking_number', '$.order_status_url'],
      },
    },
  ),
  shopifyOrder(
    'order_cancelled',
    'orders/cancelled',
    'Order cancelled',
    'Hello {{1}}, your order {{2}} of {{3}} is cancelled.',
    {
      conditions: [{ path: '$.cancelled_at', op: 'exists', value: true }],
    },
  ),
  shopifyOrder(
    'order_refunded',
    'orders/updated',
    'Order refunded',
    'Hello {{1}}, your order {{2}} of {{3}} is refunded.',
    {
      conditions: [{ path: '$.financial_status', op: 'in', value: ['refunded', 'partially_refunded'] }],
    },
  ),
  shopifyOrder(
    'checkout_abandoned',
    'checkouts/update',
    'Checkout not completed',
    'Hello {{1}}, your basket of {{2}} is still here: {{3}}',
    {
      mapping: {
        phone: SHOPIFY_PHONE,
        field_1: ['$.customer.first_name', '$.shipping_address.first_name', '$.billing_address.first_name'],
        field_2: '${$.total_price} ${$.currency}',
        field_3: '$.abandoned_checkout_url',
        ...SHOPIFY_CONTACT,
      },
      conditions: [
        { path: '$.completed_at', op: 'exists', value: false },
        { path: '$.abandoned_checkout_url', op: 'exists', value: true },
      ],
      once_per: '$.token',
      // Shopify tells of every step of a checkout, and of none that it was left. An hour after the last one.
      delay_minutes: 60,
    },
  ),
];
