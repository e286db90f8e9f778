import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 20;

/**
 * Waits until the condition holds; one that throws does not hold yet. One that is not settled within `attemptSeconds` is
 * asked again beside it: on Node 20 the first `fetch` of a process is never settled when its connection ends before the
 * answer, as that to a container that does not listen yet. @throws Error after `deadlineSeconds`
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { deadlineSeconds = 30, attemptSeconds = 5 }: { deadlineSeconds?: number; attemptSeconds?: number } = {},
): Promise<void> {
  const startedAt = performance.now();
  const state = { holds: false };
  const attempt = async (): Promise<void> => {
    if (await condition()) state.holds = true;
  };
  for (;;) {
    await Promise.race([attempt().catch(() => undefined), sleep(attemptSeconds * 1000, undefined, { ref: false })]);
    if (state.holds) return;
    if (performance.now() - startedAt > deadlineSeconds * 1000) {
      throw new Error(`it did not happen within ${deadlineSeconds} seconds`);
    }
    await sleep(INTERVAL_MS);
  }
}
