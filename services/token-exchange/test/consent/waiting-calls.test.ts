import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { createWaitingCalls, type Holding, type WaitingCalls } from '../../src/consent/waiting-calls.js';

/** A call that is held until it is told to end, where there is a place. */
function holdCall(waitingCalls: WaitingCalls, { caller = new AbortController(), client = 'one' } = {}) {
  const gate = new EventTarget();
  let call: Holding | undefined;
  const answer = waitingCalls.hold({ waitSeconds: 30, signal: caller.signal, client }, (holding) => {
    call = holding;
    return new Promise<number>((resolve) => {
      const end = () => resolve(holding.waitSeconds);
      if (holding.waitSeconds === 0) end();
      gate.addEventListener('answer', end);
      holding.signal.addEventListener('abort', end);
    });
  });
  const end = () => {
    gate.dispatchEvent(new Event('answer'));
    return answer;
  };
  return { caller, answer, signal: () => call?.signal, isHeld: () => call?.waitSeconds === 30, end };
}

describe('a call that waits', () => {
  it('leaves no listener behind, however it ends', async () => {
    const waitingCalls = createWaitingCalls({ most: 1000 });
    const caller = new AbortController();
    const listeners = (): number => getEventListeners(caller.signal, 'abort').length;
    const call = holdCall(waitingCalls, { caller });
    expect(listeners()).toBe(1);
    await call.end();
    expect(listeners()).toBe(0);
    const request = { signal: caller.signal, client: 'one' };
    const failure = waitingCalls.hold({ ...request, waitSeconds: 30 }, () => Promise.reject(new Error('down')));
    await expect(failure).rejects.toThrow('down');
    expect(listeners()).toBe(0);
    await waitingCalls.hold({ ...request, waitSeconds: 0 }, () => {
      expect(listeners()).toBe(0);
      return Promise.resolve();
    });
  });

  it('ends when its caller goes, before or meanwhile, and no other with it', async () => {
    const waitingCalls = createWaitingCalls({ most: 1000 });
    const [one, other] = [holdCall(waitingCalls), holdCall(waitingCalls)];
    one.caller.abort();
    await one.answer;
    expect(other.signal()?.aborted).toBe(false);
    const late = holdCall(waitingCalls, { caller: one.caller });
    expect(late.signal()?.aborted).toBe(true);
    await Promise.all([late.end(), other.end()]);
  });

  it('ends when the service stops, after which nobody waits', async () => {
    const waitingCalls = createWaitingCalls({ most: 1000 });
    const calls = [holdCall(waitingCalls), holdCall(waitingCalls)];
    waitingCalls.stop();
    expect(await Promise.all(calls.map(({ answer }) => answer))).toEqual([30, 30]);
    const late = holdCall(waitingCalls);
    expect(await late.end()).toBe(0);
  });

  it('is not remembered once it has been answered: what the service stops is what waits', async () => {
    const waitingCalls = createWaitingCalls({ most: 2000 });
    const calls = Array.from({ length: 1000 }, () => holdCall(waitingCalls));
    await Promise.all(calls.map(({ end }) => end()));
    waitingCalls.stop();
    expect(calls.filter(({ signal }) => signal()?.aborted !== false)).toEqual([]);
  });
});

describe('the places to wait in', () => {
  it('P2 are not all for one client: nobody takes more than are left free', () => {
    const waitingCalls = createWaitingCalls({ most: 12 });
    const counts = ['greedy', 'as greedy', 'third', 'modest'].map((client) => holdMany(waitingCalls, client).length);
    expect(counts).toEqual([6, 3, 2, 1]);
  });

  it('P2 come to equal shares as calls end', async () => {
    const waitingCalls = createWaitingCalls({ most: 12 });
    const [first, second] = holdMany(waitingCalls, 'greedy');
    expect(holdMany(waitingCalls, 'as greedy').length).toBe(3);
    await Promise.all([first?.end(), second?.end()]);
    expect(holdMany(waitingCalls, 'as greedy').length).toBe(1);
    expect(holdMany(waitingCalls, 'greedy').length).toBe(0);
  });
});

/** A hundred calls of a client: those that are held. */
function holdMany(waitingCalls: WaitingCalls, client: string) {
  const calls = Array.from({ length: 100 }, () => holdCall(waitingCalls, { client }));
  return calls.filter(({ isHeld }) => isHeld());
}
