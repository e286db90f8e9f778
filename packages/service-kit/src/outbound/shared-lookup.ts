import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

type Callback = Parameters<LookupFunction>[2];

/**
 * Resolves names as the system does, one question for a name at a time, whose answer is for all who wait. A name server
 * that does not answer holds a thread of the process for each question: asked again for every attempt, one issuer's name
 * would keep all others from being resolved.
 */
export function createSharedLookup(lookup: LookupFunction = systemLookup): LookupFunction {
  const waiting = new Map<string, Callback[]>();
  return (hostname, options, callback) => {
    const question = JSON.stringify([hostname, options.family, options.hints, options.all]);
    const others = waiting.get(question);
    if (others !== undefined) {
      others.push(callback);
      return;
    }
    const callbacks = [callback];
    waiting.set(question, callbacks);
    lookup(hostname, options, (...answer) => {
      waiting.delete(question);
      for (const one of callbacks) one(...answer);
    });
  };
}
