import { describe, expect, it } from '@jest/globals';
import { withDeadline } from '@mandate/ports';

const FAR_AWAY_MS = 600_000;
const never = new Promise<never>(() => undefined);

describe('withDeadline', () => {
  it('gives the answer, a value that needs no waiting too', async () => {
    expect(await withDeadline(Promise.resolve('answer'), FAR_AWAY_MS, () => 'late')).toBe('answer');
    expect(await withDeadline('answer', FAR_AWAY_MS, () => 'late')).toBe('answer');
  });

  it('fails as what is asked fails', async () => {
    const failure = Promise.reject(new Error('broken'));
    await expect(withDeadline(failure, FAR_AWAY_MS, () => 'late')).rejects.toThrow('broken');
  });

  it('gives or throws what `late` does when there is no answer in time', async () => {
    expect(await withDeadline(never, 1, () => 'late')).toBe('late');
    const failAtDeadline = (): never => {
      throw new Error('too late');
    };
    await expect(withDeadline(never, 1, failAtDeadline)).rejects.toThrow('too late');
  });

  it('leaves no unhandled rejection behind when what is late fails', async () => {
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<never>((_, reject) => (fail = reject));
    expect(await withDeadline(work, 1, () => 'late')).toBe('late');
    const unhandledReasons: unknown[] = [];
    const note = (reason: unknown): void => void unhandledReasons.push(reason);
    process.on('unhandledRejection', note);
    fail(new Error('after the deadline'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandledReasons).toEqual([]);
  });
});
