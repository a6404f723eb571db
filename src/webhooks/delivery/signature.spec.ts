import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { signatureHeaders } from './signature.js';

describe('the headers of Standard Webhooks', () => {
  it("are those of the specification's example", () => {
    const content = {
      eventId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: new Date(1_614_265_330_000),
      payload: '{"test": 2432232314}',
    };
    expect(signatureHeaders(content, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('are accepted by whoever knows either secret, and by nobody else', () => {
    const [newest = '', previous = '', other = ''] = [1, 2, 3].map(
      (byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`,
    );
    const payload = '{"event":{"id":"evt_1_a"},"text":"ä\\u2028😀"}';
    const headers = signatureHeaders({ eventId: 'evt_1_a', at: new Date(), payload }, [newest, previous]);
    expect(headers['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/);
    for (const secret of [newest, previous])
      expect(new Webhook(secret).verify(payload, { ...headers })).toHaveProperty('event');
    expect(() => new Webhook(other).verify(payload, { ...headers })).toThrow('No matching signature');
    const late = { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) };
    expect(() => new Webhook(newest).verify(payload, late)).toThrow('No matching signature');
  });
});
