import { namesOf } from './delivery-names.js';

const woo = (id: string | undefined, payload: unknown) =>
  namesOf('woocommerce', { 'x-wc-webhook-delivery-id': id }, Buffer.from(JSON.stringify(payload)), payload).repeatHash;

describe("what tells a repeat of a store's delivery", () => {
  it('of WooCommerce is the delivery id and the order: deliveries of one second have one id', () => {
    expect(woo('a', { id: 727, status: 'completed' })).toEqual(woo('a', { id: 727, status: 'processing' }));
    expect(woo('a', { id: 728 })).not.toEqual(woo('a', { id: 727 }));
    expect(woo('b', { id: 727 })).not.toEqual(woo('a', { id: 727 }));
  });

  it('of WooCommerce is the delivery id alone when the payload has no id', () => {
    expect(woo('a', { n: 1 })).toEqual(woo('a', { n: 2 }));
    expect(woo('a', [1])).toEqual(woo('a', { id: { of: 1 } }));
  });

  it('of Shopify is the event and its topic, else the webhook id', () => {
    const shopify = (headers: Record<string, string>) => namesOf('shopify', headers, Buffer.from('{}'), {}).repeatHash;
    const event = { 'x-shopify-event-id': 'e', 'x-shopify-webhook-id': 'w', 'x-shopify-topic': 'orders/paid' };
    expect(shopify({ ...event, 'x-shopify-webhook-id': 'another' })).toEqual(shopify(event));
    expect(shopify({ ...event, 'x-shopify-topic': 'orders/create' })).not.toEqual(shopify(event));
    expect(shopify({ 'x-shopify-webhook-id': 'w' })).not.toEqual(shopify({ 'x-shopify-webhook-id': 'another' }));
  });

  it('is the body without an id', () => {
    expect(woo(undefined, { id: 1, a: 1 })).toEqual(woo(' ', { id: 1, a: 1 }));
    expect(woo(undefined, { id: 1, a: 1 })).not.toEqual(woo(undefined, { id: 1, a: 2 }));
  });
});

describe("when a store's delivery happened", () => {
  const happenedAt = (time: string, kind: 'shopify' | 'generic' = 'shopify') =>
    namesOf(kind, { 'x-shopify-triggered-at': time }, Buffer.from('{}'), {}).happenedAt?.toISOString() ?? null;

  it('is what Shopify says', () => {
    expect(happenedAt('2026-01-31T18:00:27.877041743Z')).toBe('2026-01-31T18:00:27.877Z');
    expect(happenedAt('2026-01-31T18:00:27+02:00')).toBe('2026-01-31T16:00:27.000Z');
  });

  it.each(['', 'yesterday', '2026-13-01T00:00:00Z', '0000-01-01T00:00:00Z', '2026-01-31', '2026-01-31T99:00:00Z', '1'])(
    'is not known by %j',
    (time) => {
      expect(happenedAt(time)).toBeNull();
    },
  );

  it('is not known of other stores', () => {
    expect(happenedAt('2026-01-31T18:00:27Z', 'generic')).toBeNull();
  });
});
