/**
 * A change in two steps: what can fail is done first and shows to nobody, what cannot fail comes after it. Where
 * several have to change together, all of them do or none does.
 */
export interface Change {
  /** Makes it. Never throws; to be called once, and not after `cancel`. */
  commit(): void;
  /** Gives up what was made ready; all is as it was. */
  cancel(): Promise<void> | void;
}

/** Nothing has to change. */
export const unchanged: Change = { commit() {}, cancel() {} };
