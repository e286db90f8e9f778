import { X509Certificate, hash } from 'node:crypto';
import { OAuthError } from '@mandate/oauth';
import type { Request } from 'express';

/** The setting of the application that has the name of the header; unset: no certificate is ever believed. */
export const CERTIFICATE_HEADER = 'client certificate header';

/** RFC 9440 section 2.1: a byte sequence of RFC 8941. */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]+={0,2}):$/;

/**
 * The thumbprint (`x5t#S256`, RFC 8705 section 3.1) of the certificate that the client showed to the proxy in front of us,
 * which says so in a header. Only a peer of `TRUSTED_PROXIES` is believed: anybody else could name any certificate.
 * @throws OAuthError `invalid_request` for what is no certificate.
 */
export function clientCertificate(request: Request): string | undefined {
  const { app, socket } = request;
  const name = app.get(CERTIFICATE_HEADER) as string | undefined;
  const values = name === undefined ? undefined : request.headersDistinct[name.toLowerCase()];
  // of two, one is the client's own
  if (values !== undefined && values.length > 1) throw unreadable();
  const value = values?.[0];
  if (value === undefined || value === '') return undefined;
  const isTrusted = app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean;
  return isTrusted(socket.remoteAddress, 0) ? thumbprintOf(value) : undefined;
}

/** DER as RFC 9440 has it, or PEM with its line ends escaped, as nginx writes it (`$ssl_client_escaped_cert`). */
function thumbprintOf(value: string): string {
  try {
    const der = BYTE_SEQUENCE.exec(value)?.[1];
    const certificate = new X509Certificate(der === undefined ? decodeURIComponent(value) : Buffer.from(der, 'base64'));
    return hash('sha256', certificate.raw, 'base64url');
  } catch {
    throw unreadable();
  }
}

function unreadable(): OAuthError {
  return new OAuthError('invalid_request', 'The certificate of the client cannot be read');
}
