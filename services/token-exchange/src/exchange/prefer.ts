const LONGEST_WAIT_SECONDS = 60;
const WAIT = /^wait\s*=\s*"?(\d{1,9})"?\s*(;|$)/i;

/** How long the caller waits (`Prefer: wait=N`, RFC 7240 section 4.3): 60 seconds at most, 0 where it does not say so. */
export function preferredWait(header: string | undefined): number {
  if (header === undefined) return 0;
  const waits = header.split(',').map((preference) => WAIT.exec(preference.trim())?.[1]);
  const seconds = waits.find((wait) => wait !== undefined) ?? '0';
  return Math.min(Number(seconds), LONGEST_WAIT_SECONDS);
}

/** Says that the wait was honoured (RFC 7240 section 3). */
export function preferenceApplied(waitSeconds: number): Record<string, string> {
  return waitSeconds > 0 ? { 'Preference-Applied': `wait=${waitSeconds}` } : {};
}
