import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readRange } from './byte-range.js';

describe('a Range header', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=0-99', { start: 0, end: 99 }],
    ['bytes=0-100', { start: 0, end: 99 }],
    ['bytes=99-', { start: 99, end: 99 }],
    ['bytes=10-19', { start: 10, end: 19 }],
    ['Bytes=10-19', { start: 10, end: 19 }],
    ['bytes=-1', { start: 99, end: 99 }],
    ['bytes=-100', { start: 0, end: 99 }],
    ['bytes=-500', { start: 0, end: 99 }],
  ])('%j of 100 bytes means %j', (header, range) => {
    expect(readRange(header, 100)).toEqual(range);
  });

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0', 'bytes=999999999999999-'])('%j cannot be satisfied', (header) => {
    expect(readRange(header, 100)).toBe('unsatisfiable');
  });

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-3',
    'bytes=0-1,5-6',
    'items=0-5',
    'bytes=1.5-3',
    'bytes=-1-3',
    'bytes=99999999999999999999-',
  ])('%j is ignored', (header) => {
    expect(readRange(header, 100)).toBe('whole');
  });

  it('never leads out of the file', () => {
    const size = fc.integer({ min: 1, max: 1000 });
    const part = fc.oneof(fc.constant(''), fc.nat(1200).map(String));
    fc.assert(
      fc.property(size, part, part, (bytes, first, last) => {
        const range = readRange(`bytes=${first}-${last}`, bytes);
        if (typeof range === 'string') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(bytes);
        if (first !== '') expect(range.start).toBe(Number(first));
      }),
    );
  });

  it('may be any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (header, bytes) => {
        const range = readRange(header, bytes);
        expect(typeof range === 'string' || range.end < bytes).toBe(true);
      }),
    );
  });
});
