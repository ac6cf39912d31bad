/** What a scripted server holds back until a test lets it go on: no sleep, on neither side. */
export class Held {
  readonly #waiting: (() => void)[] = [];
  #came = (): void => {};

  /** Something waits; `goOn` lets it go on. */
  add(goOn: () => void): void {
    this.#waiting.push(goOn);
    this.#came();
  }

  /** Resolves when something waits, with what lets it go on; each is given out once, in order. */
  async next(): Promise<() => void> {
    while (this.#waiting.length === 0) {
      await new Promise<void>((resolve) => {
        this.#came = resolve;
      });
    }
    return this.#waiting.shift()!;
  }
}
