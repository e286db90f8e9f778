const MAX_LENGTH = 200;

/** A reason that a policy's author wrote, fit for a log: printable ASCII, at most 200 characters (TX-69). */
export function plainReason(text: string): string {
  return text.slice(0, MAX_LENGTH).replace(/[^\x20-\x7e]/g, '?');
}
