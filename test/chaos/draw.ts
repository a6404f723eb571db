import { SeededRandom, seedFor } from '../../sandbox/world/random.js';

/** Draws from a seed. One stream of draws for each purpose, so that a new draw here does not move the others. */
export class Draw {
  private readonly random: SeededRandom;

  constructor(seed: number, purpose: string) {
    // FNV-1a: neighbouring seeds must not give neighbouring draws.
    this.random = new SeededRandom(seedFor(0x811c9dc5, `${seed} ${purpose}`));
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.random.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  /** One of them. */
  of<T>(choices: readonly T[]): T {
    const choice = choices[this.between(0, choices.length - 1)];
    if (choice === undefined) throw new RangeError('there is nothing to draw from');
    return choice;
  }
}
