/** The time in whole seconds since 1970-01-01T00:00:00Z, the unit of every JWT time claim (RFC 7519 section 2). */
export type Clock = () => number;

/**
 * Whether that moment is less than so many seconds ago. One that lies ahead of a clock that was set back is not: whoever
 * waited for it would wait until the former time comes again.
 */
export function isRecent(at: number, { now, seconds }: { now: number; seconds: number }): boolean {
  return at <= now && now < at + seconds;
}

/** Replicas whose clocks are behind accept a token for so much longer: what ends it is kept until then. */
export const CLOCK_MARGIN_SECONDS = 60;
