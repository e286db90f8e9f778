import { getEventListeners, once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { createWaitingCalls, type WaitingCalls } from '../../src/consent/waiting-calls.js';

/** A call that is held until it is told to end. */
function held(waiting: WaitingCalls, { caller = new AbortController(), client = 'one' } = {}) {
  const gate = new EventTarget();
  let signal: AbortSignal | undefined;
  const answer = waiting.hold({ waitSeconds: 30, signal: caller.signal, client }, (holding) => {
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
    const call = held(waiting, { caller });
    expect(listeners()).toBe(1);
    call.end();
    await call.answer;
    expect(listeners()).toBe(0);
    const asked = { signal: caller.signal, client: 'one' };
    const failing = waiting.hold({ ...asked, waitSeconds: 30 }, () => Promise.reject(new Error('down')));
    await expect(failing).rejects.toThrow('down');
    expect(listeners()).toBe(0);
    await waiting.hold({ ...asked, waitSeconds: 0 }, () => {
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
    const late = held(waiting, { caller: one.caller });
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
    const waiting = createWaitingCalls({ most: 2000 });
    const calls = Array.from({ length: 1000 }, () => held(waiting));
    for (const { end } of calls) end();
    await Promise.all(calls.map(({ answer }) => answer));
    waiting.stop();
    expect(calls.filter(({ signal }) => signal()?.aborted !== false)).toEqual([]);
  });
});

describe('the places to wait in', () => {
  it('P2 are not all for one client: nobody takes more than are left free', () => {
    const waiting = createWaitingCalls({ most: 12 });
    const counts = ['greedy', 'as greedy', 'third', 'modest'].map((client) => takeMany(waiting, client).length);
    expect(counts).toEqual([6, 3, 2, 1]);
  });

  it('P2 come to equal shares as calls end', async () => {
    const waiting = createWaitingCalls({ most: 12 });
    const [first, second] = takeMany(waiting, 'greedy');
    expect(takeMany(waiting, 'as greedy').length).toBe(3);
    await Promise.all([first?.end(), second?.end()]);
    expect(takeMany(waiting, 'as greedy').length).toBe(1);
    expect(takeMany(waiting, 'greedy').length).toBe(0);
  });
});

/** A hundred calls of a client: those that are held. */
function takeMany(waiting: WaitingCalls, client: string): { end(): Promise<void> }[] {
  return Array.from({ length: 100 }, () => take(waiting, client)).filter(({ isHeld }) => isHeld);
}

function take(waiting: WaitingCalls, client: string) {
  const gate = new EventTarget();
  let isHeld = false;
  const asked = { waitSeconds: 30, signal: new AbortController().signal, client };
  const done = waiting.hold(asked, async ({ waitSeconds }) => {
    isHeld = waitSeconds > 0;
    if (isHeld) await once(gate, 'end');
  });
  const end = (): Promise<void> => {
    gate.dispatchEvent(new Event('end'));
    return done;
  };
  return { isHeld, end };
}
