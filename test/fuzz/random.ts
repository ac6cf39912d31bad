/**
 * Chance that can be told again: every choice is written down, so that a failing input is a list of numbers,
 * which can be made shorter without knowing what the numbers meant.
 *
 * What always holds: the same seed, or the same list of choices, gives the same input. Behind the end of a list
 * every choice is 0, and 0 is the plainest choice everywhere.
 */
export class Random {
  /** The choices so far. */
  readonly choices: number[] = [];
  readonly #told: readonly number[] | undefined;
  #state: number;

  /** `source` is a seed (32 bits), or choices to be made again. */
  constructor(source: number | readonly number[]) {
    this.#told = typeof source === 'number' ? undefined : source;
    this.#state = typeof source === 'number' ? Math.imul(source ^ 0x9e3779b9, 0x85ebca6b) | 1 : 1;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    if (count <= 1) return 0;
    const choice = this.#told === undefined ? this.#next() % count : this.#again(count);
    this.choices.push(choice);
    return choice;
  }

  /** True this often in a hundred; false is the plainer choice. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent;
  }

  /** One of `options`, which are at least one; the first is the plainest. */
  pick<Option>(options: readonly Option[]): Option {
    return options[this.below(options.length)]!;
  }

  #again(count: number): number {
    return (this.#told![this.choices.length] ?? 0) % count;
  }

  /** Xorshift: fast, and good enough to find what is there. */
  #next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state ^ (state >>> 15)) >>> 0;
  }
}
