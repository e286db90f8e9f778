import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { UpstreamError, type UpstreamFailure } from '@mandate/oauth';
import { type Circuit, type PolicyBackend, withCircuitBreaker } from '@mandate/policy';
import { policyContext, policyQuestion } from '@mandate/testing';

const HALF_OPEN_AFTER_MS = 60;

/** A backend that fails in the way it is told to, or denies. */
function failingBackend() {
  const state: { failure: UpstreamFailure | Error | undefined; asked: number; delayMs: number } = {
    ...{ failure: 'unreachable', asked: 0, delayMs: 0 },
  };
  const backend: PolicyBackend = {
    name: 'fragile',
    liftsScopeCeiling: () => true,
    async decide() {
      state.asked += 1;
      await sleep(state.delayMs);
      if (state.failure instanceof Error) throw state.failure;
      if (state.failure !== undefined) throw new UpstreamError('fragile', state.failure, 'as told');
      return { outcome: 'deny', rules: [] };
    },
  };
  return { state, backend };
}

function breaking() {
  const { state, backend } = failingBackend();
  const changes: Circuit[] = [];
  const guarded = withCircuitBreaker(backend, {
    ...{ failures: 3, halfOpenAfterMs: HALF_OPEN_AFTER_MS },
    onChange: (circuit) => changes.push(circuit),
  });
  const ask = (signal?: AbortSignal) =>
    guarded.decide(policyQuestion(), policyContext(signal && { signal })).then(
      ({ outcome }) => outcome,
      (error: unknown) => (error instanceof UpstreamError ? error.message : error),
    );
  const fail = async (times: number) => {
    for (let time = 0; time < times; time += 1) await ask();
  };
  return { state, guarded, changes, ask, fail };
}

describe('withCircuitBreaker', () => {
  it('PB-28 opens after failures in a row, then fails at once without asking and without deciding', async () => {
    const { state, guarded, ask, fail } = breaking();
    expect(await ask()).toBe('fragile: unreachable');
    await fail(2);
    expect(guarded.circuit()).toBe('open');
    const started = performance.now();
    expect(await ask()).toBe('policy fragile: overloaded');
    expect(performance.now() - started).toBeLessThan(5);
    expect(state.asked).toBe(3);
  });

  it('PB-28 tries one question after a while, and closes when it is answered', async () => {
    const { state, changes, guarded, ask, fail } = breaking();
    await fail(3);
    await sleep(HALF_OPEN_AFTER_MS);
    Object.assign(state, { failure: undefined, delayMs: 30 });
    const [trial, ...others] = await Promise.all([ask(), ask(), ask()]);
    expect(trial).toBe('deny');
    expect(others).toEqual(['policy fragile: overloaded', 'policy fragile: overloaded']);
    expect(state.asked).toBe(4);
    expect([guarded.circuit(), await ask()]).toEqual(['closed', 'deny']);
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });

  it('stays open for another while when the trial fails', async () => {
    const { state, changes, ask, fail } = breaking();
    await fail(3);
    await sleep(HALF_OPEN_AFTER_MS);
    expect(await ask()).toBe('fragile: unreachable');
    expect(await ask()).toBe('policy fragile: overloaded');
    expect(state.asked).toBe(4);
    expect(changes).toEqual(['open', 'half-open', 'open']);
  });

  it('stays open when the caller of the trial went away', async () => {
    const { guarded, ask, fail } = breaking();
    await fail(3);
    await sleep(HALF_OPEN_AFTER_MS);
    await ask(AbortSignal.abort());
    expect(guarded.circuit()).toBe('open');
  });

  it.each<UpstreamFailure>(['timeout', 'status', 'overloaded'])('counts a failure of the kind %s', async (failure) => {
    const { state, guarded, fail } = breaking();
    state.failure = failure;
    await fail(3);
    expect(guarded.circuit()).toBe('open');
  });

  it.each<UpstreamFailure>(['malformed', 'too_large', 'refused'])(
    'does not let one odd question close it to all others: %s',
    async (failure) => {
      const { state, guarded, fail } = breaking();
      state.failure = failure;
      await fail(10);
      expect([guarded.circuit(), state.asked]).toEqual(['closed', 10]);
    },
  );

  it('does not count a fault of our own, nor callers that went away', async () => {
    const { state, guarded, ask } = breaking();
    for (let time = 0; time < 5; time += 1) await ask(AbortSignal.abort());
    const fault = new TypeError('a bug');
    state.failure = fault;
    for (let time = 0; time < 5; time += 1) expect(await ask()).toBe(fault);
    expect(guarded.circuit()).toBe('closed');
  });

  it('forgets failures when a question is answered', async () => {
    const { state, guarded, ask, fail } = breaking();
    await fail(2);
    state.failure = undefined;
    await ask();
    state.failure = 'timeout';
    await fail(2);
    expect(guarded.circuit()).toBe('closed');
  });

  it('leaves everything else of the backend as it is', () => {
    const { guarded } = breaking();
    expect([guarded.name, guarded.liftsScopeCeiling?.()]).toEqual(['fragile', true]);
  });
});
