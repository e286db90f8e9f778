/** The `code` of a driver's error: a number of its protocol, or the name of a system error. */
export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** The `name` of a driver's error, by which drivers tell their classes apart; empty where there is none. */
export function nameOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
}

/** The code of a system error (`ECONNREFUSED`, `CERT_HAS_EXPIRED`), which alone of an error may be shown. */
export function systemCode(error: unknown): string | undefined {
  const code = codeOf(error);
  return typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? code : undefined;
}
