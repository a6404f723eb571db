import pg from 'pg';
import { loggableError } from './loggable-error.js';

describe('loggableError', () => {
  it('keeps what tells the fault: type, message, stack, code, constraint, causes', () => {
    const refused = Object.assign(new pg.DatabaseError('duplicate key', 13, 'error'), {
      code: '23505',
      constraint: 'contacts_tenant_phone',
    });
    const shown = loggableError(new TypeError('cannot store', { cause: refused }));
    expect(shown).toMatchObject({
      type: 'TypeError',
      message: 'cannot store',
      cause: { type: 'DatabaseError', message: 'duplicate key', code: '23505', constraint: 'contacts_tenant_phone' },
    });
    expect(shown.stack).toContain('loggable-error.spec');
    expect(loggableError(new AggregateError([new Error('one')], 'all'))).toMatchObject({
      errors: [{ message: 'one' }],
    });
  });

  it('cuts a message short that is longer than 2,000 characters, and keeps the stack', () => {
    const longest = new Error('x'.repeat(2000));
    expect(loggableError(longest)).toMatchObject({ message: longest.message, stack: longest.stack });
    const longer = loggableError(new Error('x'.repeat(5_000_000)));
    expect(longer.message).toBe(`${'x'.repeat(2000)}… (5000000 characters)`);
    expect(longer.stack).toContain('loggable-error.spec');
    expect(JSON.stringify(longer).length).toBeLessThan(10_000);
  });

  it('leaves out every object that a library hangs on an error', () => {
    const error = Object.assign(new Error('refused'), {
      client: { secretKey: 1514465973, password: 'hidden' },
      config: { headers: { Authorization: 'Bearer hidden' } },
      detail: 'Key (tenant_id, phone)=(1, 201000000000) already exists.',
    });
    const line = JSON.stringify(loggableError(new Error('outer', { cause: error })));
    for (const hidden of ['1514465973', 'hidden', '201000000000']) expect(line).not.toContain(hidden);
  });

  it('shows nothing of a value that is no error, and ends in a circle of causes', () => {
    expect(loggableError('a secret')).toEqual({ type: 'string', message: 'not an Error' });
    const circle = new Error('round');
    circle.cause = circle;
    expect(JSON.stringify(loggableError(circle)).match(/round/g)?.length).toBeLessThan(20);
  });
});
