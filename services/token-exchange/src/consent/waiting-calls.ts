/** How long a call may wait, and what ends that. */
export interface Holding {
  /** 0: not at all. */
  waitSeconds: number;
  signal: AbortSignal;
}

/** The calls of this process that wait for people. */
export interface WaitingCalls {
  /**
   * Answers with the wait that was asked for; with none while too many wait, and once the service stops. `client` is
   * whose call it is: nobody takes more places than are left free, so that none keeps the others from waiting.
   */
  hold<T>(call: Holding & { client: string }, answer: (holding: Holding) => Promise<T>): Promise<T>;
  /** The service stops: whoever waits is told to come back. */
  stop(): void;
}

/** At most so many wait. Nothing of a call is kept once it is answered, nor of one that does not wait. */
export function createWaitingCalls({ most }: { most: number }): WaitingCalls {
  const waiting = new Set<AbortController>();
  const places = createPlaces({ most });
  let stopped = false;
  return {
    async hold({ client, ...call }, answer) {
      if (call.waitSeconds === 0 || stopped || !places.take(client)) return answer({ ...call, waitSeconds: 0 });
      const end = new AbortController();
      const giveUp = (): void => end.abort();
      // Not AbortSignal.any: Node 20 keeps what it made as long as the longest-lived of its sources (nodejs/node#55351).
      if (call.signal.aborted) giveUp();
      call.signal.addEventListener('abort', giveUp);
      waiting.add(end);
      try {
        return await answer({ ...call, signal: end.signal });
      } finally {
        waiting.delete(end);
        places.giveBack(client);
        call.signal.removeEventListener('abort', giveUp);
      }
    },
    stop() {
      stopped = true;
      for (const end of waiting) end.abort();
    },
  };
}

/** Places to wait in, and how many each client has: one alone gets half, of `n` that want all each an (n+1)th. */
function createPlaces({ most }: { most: number }) {
  const taken = new Map<string, number>();
  let free = most;
  return {
    take(client: string): boolean {
      const own = taken.get(client) ?? 0;
      if (own >= free) return false;
      taken.set(client, own + 1);
      free -= 1;
      return true;
    },
    giveBack(client: string): void {
      const own = taken.get(client) ?? 0;
      if (own > 1) taken.set(client, own - 1);
      else taken.delete(client);
      free += 1;
    },
  };
}
