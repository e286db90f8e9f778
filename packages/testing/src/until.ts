import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 20;

/** Waits until the condition holds; a condition that throws does not hold yet. @throws Error after `deadlineSeconds` */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { deadlineSeconds = 30 }: { deadlineSeconds?: number } = {},
): Promise<void> {
  const startedAt = performance.now();
  const holds = async (): Promise<boolean> => condition();
  while (!(await holds().catch(() => false))) {
    if (performance.now() - startedAt > deadlineSeconds * 1000) {
      throw new Error(`it did not happen within ${deadlineSeconds} seconds`);
    }
    await sleep(INTERVAL_MS);
  }
}
