/**
 * A map that forgets the oldest instead of growing. It has two generations and drops the older one when the younger
 * is full: deleting from the front of a Map one by one leaves gaps there, which each next look would have to pass.
 */
export class BoundedMap<Value> {
  readonly #half: number;
  #young: Map<string, Value> = new Map();
  #old: Map<string, Value> = new Map();

  /** What was set last, at least half of `most` keys and no more than `most`, is kept. */
  constructor(most: number) {
    this.#half = most / 2;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: Value): void {
    this.#old.delete(key);
    this.#young.set(key, value);
    if (this.#young.size < this.#half) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  /** The older generation first. */
  entries(): (readonly [string, Value])[] {
    return [...this.#old, ...this.#young];
  }
}
