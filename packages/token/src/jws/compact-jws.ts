import { isUtf8 } from 'node:buffer';
import { normalClaims } from '@mandate/oauth';
import { type JsonObject, jsonObjectIn } from '@mandate/ports';
import { SIGNATURE_ALGORITHMS } from './algorithms.js';
import { decodeBase64url } from './base64url.js';

export const MAX_TOKEN_LENGTH = 16_384;

/** A compact JWS with JSON claims, read but not yet verified. */
export interface CompactJws {
  header: { alg: string; typ?: string | undefined; kid?: string | undefined };
  /** In the form of {@link normalClaims}. */
  claims: JsonObject;
  /** Header and claims as they are signed (RFC 7515 section 5.1). */
  signingInput: string;
  signature: Buffer;
}

export type CompactJwsRefusal = 'too_large' | 'malformed' | 'unsupported_header' | 'algorithm_not_allowed';

export type CompactJwsResult = { ok: true; jws: CompactJws } | { ok: false; reason: CompactJwsRefusal };

/**
 * Reads a compact JWS so that a token has exactly one textual form: three parts of canonical base64url, strict UTF-8,
 * JSON objects without duplicate members (docs/security.md T1, T6 to T11, T20). Extensions (`crit`, `b64`) are refused.
 * jose accepts more than that.
 */
export function parseCompactJws(token: string): CompactJwsResult {
  if (token.length > MAX_TOKEN_LENGTH) return { ok: false, reason: 'too_large' };
  const [headerPart, claimsPart, signaturePart, ...others] = token.split('.', 4);
  if (headerPart === undefined || claimsPart === undefined || signaturePart === undefined || others.length > 0) {
    return { ok: false, reason: 'malformed' };
  }
  const signature = decodeBase64url(signaturePart);
  const header = parsePart(headerPart);
  const claims = parsePart(claimsPart);
  if (signature === undefined || header === undefined || claims === undefined)
    return { ok: false, reason: 'malformed' };
  const read = parseHeader(header);
  if (typeof read === 'string') return { ok: false, reason: read };
  const signingInput = token.slice(0, token.lastIndexOf('.'));
  return { ok: true, jws: { header: read, claims: normalClaims(claims), signingInput, signature } };
}

function parseHeader(header: JsonObject): CompactJws['header'] | CompactJwsRefusal {
  const { alg, typ, kid } = header;
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return 'unsupported_header';
  if (!isOptionalString(typ) || !isOptionalString(kid)) return 'malformed';
  if (typeof alg !== 'string' || !SIGNATURE_ALGORITHMS.has(alg)) return 'algorithm_not_allowed';
  return { alg, typ, kid };
}

function parsePart(part: string): JsonObject | undefined {
  const bytes = decodeBase64url(part);
  if (bytes === undefined || !isUtf8(bytes)) return undefined;
  return jsonObjectIn(bytes.toString('utf8'));
}

function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
