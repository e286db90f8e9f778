import type { BackchannelRequest } from './backchannel-request-store.js';

/** How long a request is still said to have expired, rather than to be unknown. Seconds. */
const TELL_EXPIRED_SECONDS = 300;
/** How long a request has its place at its person, whatever its client wants it to wait. Seconds. */
const PLACE_SECONDS = 600;
/** By how much the interval grows of a client that polls too early (CIBA Core 1.0 section 11). Seconds. */
export const SLOW_DOWN_SECONDS = 5;
/** How much earlier than the interval a poll may come: the clock counts whole seconds, and the way to us varies. */
export const EARLY_SECONDS = 1;

/** Until when a request has its place at its person, who does not say yes. Epoch seconds. */
export function placeUntil({ created, expiresAt }: Pick<BackchannelRequest, 'created' | 'expiresAt'>): number {
  return Math.max(expiresAt, created + PLACE_SECONDS);
}

/** When the last trace of a request is gone, epoch seconds. */
export function forgottenAt(request: Pick<BackchannelRequest, 'created' | 'expiresAt'>): number {
  return Math.max(request.expiresAt + TELL_EXPIRED_SECONDS, placeUntil(request));
}
