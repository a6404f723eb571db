import { redisAddresses } from './redis-addresses.js';

describe('the nodes that REDIS_URL names', () => {
  it('have host and port, and one password and scheme', () => {
    expect(redisAddresses('rediss://user:p%40ss,w@one:7000,rediss://user:p%40ss,w@[::1]')).toEqual([
      { host: 'one', port: 7000, username: 'user', password: 'p@ss,w', tls: true },
      { host: '::1', port: 6379, username: 'user', password: 'p@ss,w', tls: true },
    ]);
  });

  it('need neither user nor password', () => {
    expect(redisAddresses('redis://one')).toEqual([{ host: 'one', port: 6379, tls: false }]);
  });
});
