import { describe, expect, it } from '@jest/globals';
import { closingLine } from './jest-run.mjs';

const counts = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
};

describe('closingLine', () => {
  it('counts what passed, failed and was skipped', () => {
    expect(closingLine({ ...counts, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 })).toBe(
      '3 passed, 2 failed, 2 skipped',
    );
  });

  it('counts a file that could not be run as failed', () => {
    expect(closingLine({ ...counts, numRuntimeErrorTestSuites: 1 })).toBe('3 passed, 1 failed, 0 skipped');
  });
});
