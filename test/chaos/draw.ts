import { SeededRandom } from '../../sandbox/world/random.js';

/** Draws from a seed. One stream of draws for each purpose, so that a new draw here does not move the others. */
export class Draw {
  private readonly random: SeededRandom;

  constructor(seed: number, purpose: string) {
    // Neighbouring seeds must not give neighbouring draws.
    let hash = 0x811c9dc5 ^ seed;
    for (const character of `${seed} ${purpose}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    this.random = new SeededRandom(hash);
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
