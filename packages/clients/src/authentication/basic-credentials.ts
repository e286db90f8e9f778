import { formDecode } from '@mandate/oauth';

/** A client id and the secret presented with it. */
export interface SecretCredentials {
  clientId: string;
  secret: string;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The scheme of an `Authorization` header in lower case, and what follows it; `undefined` when it is empty. */
export function parseAuthorization(header: string): { scheme: string; credentials: string } | undefined {
  const text = header.trim();
  const space = text.indexOf(' ');
  if (text === '') return undefined;
  if (space === -1) return { scheme: text.toLowerCase(), credentials: '' };
  return { scheme: text.slice(0, space).toLowerCase(), credentials: text.slice(space).trim() };
}

/**
 * Reads the credentials of HTTP Basic as RFC 6749 section 2.3.1 has them: strict base64, UTF-8, split at the first
 * colon, both halves form-decoded. `undefined` for anything else, or an empty half.
 */
export function parseBasicCredentials(credentials: string): SecretCredentials | undefined {
  const pair = decodeBase64(credentials);
  const colon = pair?.indexOf(':') ?? -1;
  if (pair === undefined || colon === -1) return undefined;
  const clientId = formDecode(pair.slice(0, colon));
  const secret = formDecode(pair.slice(colon + 1));
  return clientId && secret ? { clientId, secret } : undefined;
}

function decodeBase64(text: string): string | undefined {
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
