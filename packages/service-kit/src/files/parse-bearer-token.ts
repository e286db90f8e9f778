import { FileError } from '@mandate/ports';

/** For a file with one bearer token (RFC 6750 section 2.1). @throws FileError that does not show it */
export function parseBearerToken(text: string): string {
  const token = text.trim();
  if (!/^[\w.~+/-]+=*$/.test(token)) throw new FileError(['is not one bearer token']);
  return token;
}
