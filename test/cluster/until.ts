import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 250;

/** Asks until the condition holds and says after how many seconds. @throws Error with the last answer at the deadline */
export async function until(
  condition: string,
  holds: () => Promise<unknown>,
  { deadlineSeconds = 180, ok = (answer: unknown): boolean => answer === true } = {},
): Promise<number> {
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1000;
  for (;;) {
    const answer = await holds().catch((error: unknown) => (error instanceof Error ? error.message : 'failed'));
    if (ok(answer)) return seconds();
    if (seconds() > deadlineSeconds)
      throw new Error(`not so after ${deadlineSeconds} s: ${condition}; the last answer: ${JSON.stringify(answer)}`);
    await sleep(INTERVAL_MS);
  }
}
