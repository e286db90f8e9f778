import { describe, expect, it } from '@jest/globals';
import type { ConsentAnswer } from '@mandate/delegations';
import { awaitAnswer } from '../../src/consent/await-answer.js';

/** Waits for what the looks bring one after the other, the last for ever: the answer, and when it looked. */
async function waitFor(answers: ConsentAnswer[], wait: { waitSeconds: number; interval: number }) {
  const looks: number[] = [];
  const poll = (): Promise<ConsentAnswer> => {
    looks.push(performance.now());
    return Promise.resolve(answers[looks.length - 1] ?? answers.at(-1) ?? { kind: 'unknown' });
  };
  const answer = await awaitAnswer(poll, { ...wait, signal: new AbortController().signal });
  return { answer, looks };
}

describe('waiting for an answer', () => {
  it('comes no earlier than it was told to, once it was too early', async () => {
    const answers: ConsentAnswer[] = [{ kind: 'slow_down', interval: 1.2 }, { kind: 'denied' }];
    const { answer, looks } = await waitFor(answers, { waitSeconds: 60, interval: 0.1 });
    expect(answer).toEqual({ kind: 'denied' });
    const [first = 0, second = 0] = looks;
    expect(second - first).toBeGreaterThan(1150);
  });

  it('takes five seconds more for told where it is not told how much', async () => {
    const { answer, looks } = await waitFor([{ kind: 'slow_down' }], { waitSeconds: 1, interval: 2 });
    expect({ answer, looks: looks.length }).toEqual({ answer: { kind: 'pending', interval: 7 }, looks: 1 });
  });

  it('does not look too early at its end, which would make the interval longer for good', async () => {
    const { answer, looks } = await waitFor([{ kind: 'pending', interval: 5 }], { waitSeconds: 2, interval: 1 });
    expect({ answer, looks: looks.length }).toEqual({ answer: { kind: 'pending', interval: 5 }, looks: 1 });
  });

  it('looks at its end where an interval has passed', async () => {
    const wait = async () => {
      const start = performance.now();
      const { answer, looks } = await waitFor([{ kind: 'pending' }], { waitSeconds: 2, interval: 1 });
      return { answer, looks: looks.length, first: (looks[0] ?? 0) - start };
    };
    let { first, ...outcome } = await wait();
    // Once more on a machine that was so late with the first look that a second would be too early.
    while (first > 1400) ({ first, ...outcome } = await wait());
    expect(outcome).toEqual({ answer: { kind: 'pending', interval: 1 }, looks: 2 });
  });
});
