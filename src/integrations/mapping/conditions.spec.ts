import type { FieldErrors } from '../../platform/http/api-error.js';
import { MAX_CONDITIONS, parseConditions, unmetCondition } from './conditions.js';

const PAYLOAD = { status: 'processing', total: '49.90', count: 3, paid: true, note: null, list: [1], text: '007' };

function holds(path: string, op: string, value?: unknown): boolean {
  const faults: FieldErrors = {};
  const conditions = parseConditions([{ path, op, ...(value !== undefined && { value }) }], faults);
  expect(faults).toEqual({});
  return unmetCondition(conditions, PAYLOAD) === undefined;
}

function faultsOf(written: unknown): FieldErrors {
  const faults: FieldErrors = {};
  parseConditions(written, faults);
  return faults;
}

describe('a condition', () => {
  it.each<[string, string, unknown, boolean]>([
    ['$.status', 'eq', 'processing', true],
    ['$.status', 'eq', 'Processing', false],
    ['$.total', 'eq', 49.9, true],
    ['$.total', 'eq', '49.9', false],
    ['$.count', 'eq', '3', true],
    ['$.text', 'eq', '7', false],
    ['$.paid', 'eq', true, true],
    ['$.paid', 'eq', 'true', false],
    ['$.note', 'eq', null, true],
    ['$.gone', 'eq', null, true],
    ['$.status', 'eq', null, false],
    ['$.status', 'ne', 'processing', false],
    ['$.status', 'ne', 'refunded', true],
    ['$.gone', 'ne', 'refunded', true],
    ['$.note', 'ne', null, false],
    ['$.status', 'in', ['completed', 'processing'], true],
    ['$.status', 'in', ['completed'], false],
    ['$.count', 'in', ['1', '3'], true],
    ['$.gone', 'in', [null], true],
    ['$.status', 'exists', undefined, true],
    ['$.status', 'exists', false, false],
    ['$.note', 'exists', true, false],
    ['$.note', 'exists', false, true],
    ['$.gone', 'exists', undefined, false],
    ['$.list', 'exists', undefined, true],
    ['$.total', 'gt', 49, true],
    ['$.total', 'gt', '49.90', false],
    ['$.total', 'lt', 50, true],
    ['$.total', 'lt', 49.9, false],
    ['$.status', 'gt', 1, false],
    ['$.status', 'lt', 1, false],
    ['$.gone', 'lt', 1, false],
  ])('%s %s %j: %s', (path, op, value, expected) => {
    expect(holds(path, op, value)).toBe(expected);
  });

  it('is named when it is the first of several that does not hold', () => {
    const conditions = parseConditions(
      [
        { path: '$.paid', op: 'eq', value: true },
        { path: '$.total', op: 'gt', value: 100 },
        { path: '$.count', op: 'gt', value: 100 },
      ],
      {},
    );
    expect(unmetCondition(conditions, PAYLOAD)?.written).toEqual({ path: '$.total', op: 'gt', value: 100 });
  });

  it('is refused with what is wrong with it', () => {
    expect(
      faultsOf([
        { path: 'status', op: 'eq', value: 'a' },
        { path: '$.a', op: 'like', value: 'a' },
        { path: '$.a', op: 'eq' },
        { path: '$.a', op: 'in', value: [] },
        { path: '$.a', op: 'in', value: [{}] },
        { path: '$.a', op: 'gt', value: 'much' },
        { path: '$.a', op: 'exists', value: 'yes' },
        'text',
        { op: 'eq', value: 1 },
      ]),
    ).toEqual({
      'conditions.0.path': ['path must begin with $'],
      'conditions.1.op': ['op must be one of eq, ne, in, exists, gt, lt'],
      'conditions.2.value': ['value must be a text of at most 500 characters, a number, true, false or null'],
      'conditions.3.value': ['value must be a list of 1 to 50 values'],
      'conditions.4.value': ['value must hold texts of at most 500 characters, numbers, true, false or null'],
      'conditions.5.value': ['value must be a number'],
      'conditions.6.value': ['value must be true or false'],
      'conditions.7': ['must be an object with path, op and value'],
      'conditions.8.path': ['path is required'],
    });
  });

  it(`may have ${MAX_CONDITIONS - 1} others beside it, not ${MAX_CONDITIONS}`, () => {
    const many = (count: number) => Array.from({ length: count }, () => ({ path: '$.a', op: 'exists' }));
    expect(faultsOf(many(MAX_CONDITIONS))).toEqual({});
    expect(faultsOf(many(MAX_CONDITIONS + 1))).toEqual({
      conditions: ['conditions must not have more than 20 members'],
    });
    expect(faultsOf({})).toEqual({ conditions: ['conditions must be a list'] });
  });
});
