import { describe, expect, it } from '@jest/globals';
import { createWorkQueue } from '../../src/secrets/work-queue.js';

function gate(): { opening: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opening = new Promise<void>((resolve) => (open = resolve));
  return { opening, open };
}

describe('createWorkQueue', () => {
  it('runs so many at once, lets so many wait, and refuses the next as overloaded', async () => {
    const queue = createWorkQueue({ name: 'hashing', concurrency: 2, maxWaiting: 3 });
    const { opening, open } = gate();
    let runCount = 0;
    let most = 0;
    const task = async (): Promise<void> => {
      most = Math.max(most, ++runCount);
      await opening;
      runCount--;
    };
    const runs = Array.from({ length: 5 }, () => queue.run(task));
    await expect(queue.run(task)).rejects.toMatchObject({
      name: 'UpstreamError',
      dependency: 'hashing',
      failure: 'overloaded',
    });
    open();
    await Promise.all(runs);
    expect(most).toBe(2);
  });

  it('has room again after work is done, failed work included', async () => {
    const queue = createWorkQueue({ name: 'hashing', concurrency: 1, maxWaiting: 1 });
    const failingTask = (): Promise<never> => Promise.reject(new Error('failed'));
    const results = await Promise.allSettled([queue.run(failingTask), queue.run(() => Promise.resolve('second'))]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await Promise.all([queue.run(() => Promise.resolve(3)), queue.run(() => Promise.resolve(4))])).toEqual([
      3, 4,
    ]);
  });

  it('is first come, first served', async () => {
    const queue = createWorkQueue({ name: 'hashing', concurrency: 1, maxWaiting: 9 });
    const order: number[] = [];
    const task = (n: number) => () => Promise.resolve(void order.push(n));
    await Promise.all([1, 2, 3, 4].map((n) => queue.run(task(n))));
    expect(order).toEqual([1, 2, 3, 4]);
  });
});
