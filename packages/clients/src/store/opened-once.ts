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
  let current: Promise<Opened> | undefined;
  let certificatesOfCurrent: string | undefined;
  const close = (): void => {
    void current?.then(end).catch(() => undefined);
    current = undefined;
  };
  return {
    async get() {
      const certificates = authorities?.();
      if (certificates !== certificatesOfCurrent) close();
      certificatesOfCurrent = certificates;
      const opening = (current ??= open(certificates));
      try {
        return await opening;
      } catch (error) {
        if (current === opening) current = undefined;
        throw error;
      }
    },
    close,
  };
}
