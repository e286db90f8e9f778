import { describe, expect, it } from '@jest/globals';
import { until } from '../src/until.js';

const never = (): Promise<boolean> => new Promise(() => undefined);
const inTurn = (...answers: (() => boolean | Promise<boolean>)[]) => {
  let asked = 0;
  return { condition: () => (answers[asked++] ?? never)(), asked: () => asked };
};

describe('waiting until something holds', () => {
  it('asks again after a no, an error, and no answer at all', async () => {
    const failing = (): boolean => {
      throw new Error('not yet');
    };
    const { condition, asked } = inTurn(
      () => false,
      failing,
      never,
      () => true,
    );
    await until(condition, { attemptSeconds: 0.05 });
    expect(asked()).toBe(4);
  });

  it('takes an answer that comes late', async () => {
    const late = (): Promise<boolean> => new Promise((resolve) => setTimeout(() => resolve(true), 120));
    const { condition } = inTurn(late);
    await until(condition, { attemptSeconds: 0.05 });
  });

  it('ends at its deadline, whether it is told no or nothing', async () => {
    for (const condition of [() => false, never]) {
      const waiting = until(condition, { deadlineSeconds: 0.1, attemptSeconds: 0.05 });
      await expect(waiting).rejects.toThrow('it did not happen within 0.1 seconds');
    }
  });
});
