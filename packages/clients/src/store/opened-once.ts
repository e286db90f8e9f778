/** Something that takes time to open and then serves all. */
export interface OpenedOnce<Opened> {
  /** Opens it, or waits with whoever is opening it. Where that fails it fails for all who wait; the next tries again. */
  get(): Promise<Opened>;
  close(): void;
}

export interface OpenedOnceOptions<Opened> {
  open: (authorities: string | undefined) => Promise<Opened>;
  end: (opened: Opened) => void;
  /** Certificates (PEM) that it trusts, which it reads when it is opened: once they change, another one is opened. */
  authorities?: (() => string) | undefined;
}

/** For drivers that do not try again by themselves when their server was away at first. */
export function openedOnce<Opened>({ open, end, authorities }: OpenedOnceOptions<Opened>): OpenedOnce<Opened> {
  let shared: Promise<Opened> | undefined;
  let trusted: string | undefined;
  const close = (): void => {
    void shared?.then(end).catch(() => undefined);
    shared = undefined;
  };
  return {
    async get() {
      const current = authorities?.();
      if (current !== trusted) close();
      trusted = current;
      const opening = (shared ??= open(current));
      try {
        return await opening;
      } catch (error) {
        if (shared === opening) shared = undefined;
        throw error;
      }
    },
    close,
  };
}
