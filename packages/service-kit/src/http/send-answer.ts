import type { OutgoingHttpHeaders } from 'node:http';
import type { AppResponse } from './request-state.js';

/** What a route answers. A header that is `undefined` is not sent, though every other answer has it. */
export interface Answer {
  /** Default 200. */
  status?: number;
  /** JSON, or a text of `contentType`. */
  body?: object | string;
  /** Of a text; default `application/json`. In UTF-8, as it says itself or not. */
  contentType?: string;
  headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Never stored, never sniffed. */
const HEADERS = { 'Cache-Control': 'no-store', Pragma: 'no-cache', 'X-Content-Type-Options': 'nosniff' };

/** Sends an answer, head and body in one piece, with the headers that every answer has. */
export function sendAnswer(response: AppResponse, { status = 200, body, contentType, headers = {} }: Answer): void {
  const head: OutgoingHttpHeaders = {
    ...HEADERS,
    'X-ForgeRock-TransactionId': response.locals.context.transactionId,
    'Content-Length': 0,
  };
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  if (text !== undefined) {
    head['Content-Type'] = inUtf8(contentType ?? 'application/json');
    head['Content-Length'] = Buffer.byteLength(text);
  }
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) Reflect.deleteProperty(head, name);
    // Node then says so itself, and this connection's last answer is known by it.
    else if (name === 'Connection') response.shouldKeepAlive = false;
    else head[name] = typeof value === 'string' ? value : [...value];
  }
  if (response.locals.draining()) response.shouldKeepAlive = false;
  response.writeHead(status, head);
  response.end(text);
}

function inUtf8(contentType: string): string {
  return contentType.includes('charset=') ? contentType : `${contentType}; charset=utf-8`;
}
