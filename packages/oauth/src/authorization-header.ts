import { formDecode } from './form.js';

/** A client id and the secret presented with it. */
export interface SecretCredentials {
  clientId: string;
  secret: string;
}

/** HTTP Basic, as {@link Authorization} has it. */
export interface BasicAuthorization {
  scheme: 'basic';
  credentials: SecretCredentials | undefined;
  unencoded?: SecretCredentials;
}

/**
 * The `Authorization` header of a request, read once (RFC 9110 section 11.6.2).
 * Credentials of `basic` are `undefined` where they are malformed; `unencoded` is the pair as it was sent, where
 * form-decoding changes it. The token of `bearer` is as received, malformed or not. `other` is every
 * other scheme, and an empty header.
 */
export type Authorization = BasicAuthorization | { scheme: 'bearer'; token: string } | { scheme: 'other' };

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads an `Authorization` header; `undefined` where the request has none. */
export function parseAuthorization(header: string | undefined): Authorization | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const space = text.indexOf(' ');
  const scheme = space === -1 ? text : text.slice(0, space);
  const rest = space === -1 ? '' : text.slice(space).trim();
  switch (scheme.toLowerCase()) {
    case 'basic':
      return { scheme: 'basic', ...parseBasicCredentials(rest) };
    case 'bearer':
      return { scheme: 'bearer', token: rest };
    default:
      return { scheme: 'other' };
  }
}

/**
 * Reads the credentials of HTTP Basic as RFC 6749 section 2.3.1 has them: strict base64, UTF-8, split at the first
 * colon, both halves form-decoded. `credentials` is `undefined` for anything else, or an empty half.
 */
function parseBasicCredentials(text: string): Omit<BasicAuthorization, 'scheme'> {
  const pair = decodeBase64(text);
  const colon = pair?.indexOf(':') ?? -1;
  if (pair === undefined || colon === -1) return { credentials: undefined };
  const sent = { clientId: pair.slice(0, colon), secret: pair.slice(colon + 1) };
  const [clientId, secret] = [formDecode(sent.clientId), formDecode(sent.secret)];
  const credentials = clientId && secret ? { clientId, secret } : undefined;
  const isComplete = sent.clientId !== '' && sent.secret !== '';
  const isOther = clientId !== sent.clientId || secret !== sent.secret;
  return isComplete && isOther ? { credentials, unencoded: sent } : { credentials };
}

/** The `Authorization` header of `client_secret_basic`: both halves are form-encoded first (RFC 6749 section 2.3.1). */
export function basicAuthorization({ clientId, secret }: SecretCredentials): string {
  const pair = [clientId, secret].map((half) => new URLSearchParams([['', half]]).toString().slice(1)).join(':');
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function decodeBase64(text: string): string | undefined {
  const bytes = Buffer.from(text, 'base64');
  // Node reads more than base64; text that is not strict base64 is not what Node would write again.
  if (bytes.toString('base64') !== text) return undefined;
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
