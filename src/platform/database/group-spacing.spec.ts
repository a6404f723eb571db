import { jest } from '@jest/globals';
import { GroupSpacing } from './group-spacing.js';

describe('when the next group begins', () => {
  const BUSY = 1;
  const QUIET = 2;
  let spacing: GroupSpacing;
  beforeEach(() => {
    jest.useFakeTimers();
    spacing = new GroupSpacing(10);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** A group of the busy tenant has just begun, and its next item waits. */
  const begin = (): void => {
    spacing.came(BUSY, false);
    spacing.begins();
    spacing.came(BUSY, false);
  };

  it('is at once after a pause', () => {
    spacing.came(BUSY, false);
    expect(spacing.waitMs).toBeLessThanOrEqual(0);
  });

  it('is a spacing after the last one for who goes on', () => {
    begin();
    expect(spacing.waitMs).toBe(10);
    jest.advanceTimersByTime(4);
    expect(spacing.waitMs).toBe(6);
    expect(spacing.hurried).toBe(false);
  });

  it('is at once when somebody comes who was quiet', () => {
    begin();
    spacing.came(QUIET, false);
    expect([spacing.waitMs, spacing.hurried]).toEqual([0, true]);
    spacing.begins();
    expect([spacing.waitMs, spacing.hurried]).toEqual([10, false]);
  });

  it.each([
    [19, false],
    [20, true],
  ])('takes who came %i ms ago for quiet: %s', (ago, quiet) => {
    spacing.came(QUIET, false);
    jest.advanceTimersByTime(ago);
    begin();
    spacing.came(QUIET, false);
    expect(spacing.hurried).toBe(quiet);
  });

  it.each([
    [19, false],
    [20, true],
  ])('hurries again after %i ms: %s', (after, again) => {
    begin();
    spacing.came(QUIET, false);
    spacing.begins();
    jest.advanceTimersByTime(after);
    begin();
    spacing.came(3, false);
    expect(spacing.hurried).toBe(again);
  });

  it('does not let a quiet one wait for a group that is under way either', () => {
    begin();
    jest.advanceTimersByTime(10);
    spacing.came(QUIET, false);
    expect(spacing.hurried).toBe(false);
    spacing.came(3, true);
    expect(spacing.hurried).toBe(true);
  });

  it('knows of no spacing where none was asked for', () => {
    const none = new GroupSpacing(0);
    none.came(BUSY, false);
    none.begins();
    none.came(QUIET, false);
    expect(none.waitMs).toBeLessThanOrEqual(0);
    expect(none.hurried).toBe(false);
  });
});
