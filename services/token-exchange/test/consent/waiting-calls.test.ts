import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { createWaitingCalls } from '../../src/consent/waiting-calls.js';

/** A call that is held until it is told to end. */
function held(waiting: ReturnType<typeof createWaitingCalls>, caller = new AbortController()) {
  const gate = new EventTarget();
  let signal: AbortSignal | undefined;
  const answer = waiting.hold({ waitSeconds: 30, signal: caller.signal }, (holding) => {
    signal = holding.signal;
    return new Promise<number>((resolve) => {
      gate.addEventListener('answer', () => resolve(holding.waitSeconds));
      holding.signal.addEventListener('abort', () => resolve(holding.waitSeconds));
    });
  });
  return { caller, answer, signal: () => signal, end: () => gate.dispatchEvent(new Event('answer')) };
}

describe('a call that waits', () => {
  it('leaves no listener behind, however it ends', async () => {
    const waiting = createWaitingCalls({ most: 1000 });
    const caller = new AbortController();
    const listeners = (): number => getEventListeners(caller.signal, 'abort').length;
    const call = held(waiting, caller);
    expect(listeners()).toBe(1);
    call.end();
    await call.answer;
    expect(listeners()).toBe(0);
    const failing = waiting.hold({ waitSeconds: 30, signal: caller.signal }, () => Promise.reject(new Error('down')));
    await expect(failing).rejects.toThrow('down');
    expect(listeners()).toBe(0);
    await waiting.hold({ waitSeconds: 0, signal: caller.signal }, () => {
      expect(listeners()).toBe(0);
      return Promise.resolve();
    });
  });

  it('ends when its caller goes, before or meanwhile, and no other with it', async () => {
    const waiting = createWaitingCalls({ most: 1000 });
    const [one, other] = [held(waiting), held(waiting)];
    one.caller.abort();
    await one.answer;
    expect(other.signal()?.aborted).toBe(false);
    const late = held(waiting, one.caller);
    expect(late.signal()?.aborted).toBe(true);
    late.end();
    other.end();
    await Promise.all([late.answer, other.answer]);
  });

  it('ends when the service stops, after which nobody waits', async () => {
    const waiting = createWaitingCalls({ most: 1000 });
    const calls = [held(waiting), held(waiting)];
    waiting.stop();
    expect(await Promise.all(calls.map(({ answer }) => answer))).toEqual([30, 30]);
    const late = held(waiting);
    late.end();
    expect(await late.answer).toBe(0);
  });

  it('is not remembered once it has been answered: what the service stops is what waits', async () => {
    const waiting = createWaitingCalls({ most: 1000 });
    const calls = Array.from({ length: 1000 }, () => held(waiting));
    for (const { end } of calls) end();
    await Promise.all(calls.map(({ answer }) => answer));
    waiting.stop();
    expect(calls.filter(({ signal }) => signal()?.aborted !== false)).toEqual([]);
  });
});
