import { isAbsolute } from 'node:path';

/** The code of a Node error such as `ENOENT`, whatever realm it comes from. */
export function nodeErrorCode(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9_]+$/.test(code) ? code : undefined;
}

/** Why a file cannot be read, without its name, which may be a secret in the wrong variable; `undefined`: by no error of Node's. */
export function whyUnreadable(error: unknown, path: string): string | undefined {
  const code = nodeErrorCode(error);
  if (code === undefined) return undefined;
  const from = code === 'ENOENT' && !isAbsolute(path) ? `, looked for in ${process.cwd()}` : '';
  return `cannot be read (${code}${from})`;
}
