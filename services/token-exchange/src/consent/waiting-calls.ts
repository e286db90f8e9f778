/** How long a call may wait, and what ends that. */
export interface Holding {
  /** 0: not at all. */
  waitSeconds: number;
  signal: AbortSignal;
}

/** The calls of this process that wait for people. */
export interface WaitingCalls {
  /** Answers with the wait that was asked for; with none while too many wait, and once the service stops. */
  hold<T>(call: Holding, answer: (holding: Holding) => Promise<T>): Promise<T>;
  /** The service stops: whoever waits is told to come back. */
  stop(): void;
}

/** At most so many wait. Nothing of a call is kept once it is answered, nor of one that does not wait. */
export function createWaitingCalls({ most }: { most: number }): WaitingCalls {
  const waiting = new Set<AbortController>();
  let stopped = false;
  return {
    async hold(call, answer) {
      if (call.waitSeconds === 0 || waiting.size >= most || stopped) return answer({ ...call, waitSeconds: 0 });
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
        call.signal.removeEventListener('abort', giveUp);
      }
    },
    stop() {
      stopped = true;
      for (const end of waiting) end.abort();
    },
  };
}
