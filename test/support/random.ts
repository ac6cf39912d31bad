/** Chance that can be had again: the same seed gives the same choices on every machine (mulberry32). */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(choices: readonly [T, ...T[]] | readonly [T]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** `count` pieces that joined are `text`; fewer where two cuts fall together. */
  cut(text: string, count: number): string[] {
    const places = Array.from({ length: count - 1 }, () => this.below(text.length)).sort((a, b) => a - b);
    const pieces = [...places, text.length].map((end, at) => text.slice(places[at - 1] ?? 0, end));
    return pieces.filter((piece) => piece !== '');
  }
}
