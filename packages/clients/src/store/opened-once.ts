/** Something that takes time to open and then serves all. */
export interface OpenedOnce<Opened> {
  /** Opens it, or waits with whoever is opening it. Where that fails it fails for all who wait; the next tries again. */
  get(): Promise<Opened>;
  /** Lets go of it, once it is open: the next opens another. */
  release(end: (opened: Opened) => void): void;
}

/** What drivers do not do by themselves when their server was away when they first needed it. */
export function openedOnce<Opened>(open: () => Promise<Opened>): OpenedOnce<Opened> {
  let shared: Promise<Opened> | undefined;
  return {
    async get() {
      const opening = (shared ??= open());
      try {
        return await opening;
      } catch (error) {
        if (shared === opening) shared = undefined;
        throw error;
      }
    },
    release(end) {
      void shared?.then(end).catch(() => undefined);
      shared = undefined;
    },
  };
}
