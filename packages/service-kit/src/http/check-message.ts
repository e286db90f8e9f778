import type { IncomingMessage } from 'node:http';
import { OAuthError } from '@mandate/oauth';

/** Node would show the first of several, where a proxy in front may have judged by another. */
const SINGLE_HEADERS = ['authorization', 'content-type', 'host'];

/** Node's own limit is on the bytes of names and values alone, and lets thousands pass. */
const MAX_HEADERS = 200;

const VERSIONS = ['1.0', '1.1'];
const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/;

/**
 * What Node's parser lets pass and a proxy in front may read otherwise (RFC 9112 sections 2.3, 3.2 and 6.1): other
 * versions of HTTP, a body framed by anything but `chunked`, a target with a fragment, no host or two.
 * Also more than 200 headers. @throws OAuthError 400 or 431 that closes the connection.
 */
export function checkMessage({ httpVersion, headers, rawHeaders, url }: IncomingMessage): void {
  if (rawHeaders.length > 2 * MAX_HEADERS) refuse('There are too many headers', 431);
  if (!VERSIONS.includes(httpVersion)) refuse('This version of HTTP is not supported');
  if (SINGLE_HEADERS.some((name) => isRepeated(name, rawHeaders))) refuse('A header is repeated');
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined && (encoding.toLowerCase() !== 'chunked' || httpVersion === '1.0')) {
    refuse('The transfer encoding is not supported');
  }
  if (!isHost(headers.host, httpVersion)) refuse('The Host header is not valid');
  if (url?.includes('#') === true) refuse('The request target is not valid');
}

/** `rawHeaders` has names and values in turn. */
function isRepeated(name: string, rawHeaders: readonly string[]): boolean {
  let times = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index];
    if (header?.length === name.length && header.toLowerCase() === name) times += 1;
  }
  return times > 1;
}

function isHost(host: string | undefined, httpVersion: string): boolean {
  return host === undefined ? httpVersion === '1.0' : HOST.test(host);
}

function refuse(description: string, status = 400): never {
  throw new OAuthError('invalid_request', description, { status, headers: { Connection: 'close' } });
}
