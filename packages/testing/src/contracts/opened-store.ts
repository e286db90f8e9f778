/** A store as its contract needs it: empty, and seen by two replicas. */
export interface OpenedStore<Store> {
  store: Store;
  /** The store as another replica sees it; the same where there is one process. */
  replica: Store;
  /** Epoch seconds. */
  now: () => number;
  /** Lets so many seconds pass. */
  elapse: (seconds: number) => Promise<void>;
  close?: () => Promise<void>;
}
