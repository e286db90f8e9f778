import type { RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createServer } from '../http/node-http.js';

const SERVER_OPTIONS = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1000,
  /** Longer than the idle time of usual balancers, so that they close first. */
  keepAliveTimeout: 65_000,
  insecureHTTPParser: false,
  /** `checkMessage` does, with an answer like any other. */
  requireHostHeader: false,
};

/** An HTTP server with bounded sizes and times; what is not HTTP gets a JSON answer all the same. */
export function createHttpServer(listener: RequestListener, maxConnections: number, more: ServerOptions = {}): Server {
  const server = createServer({ ...SERVER_OPTIONS, ...more }, listener);
  server.maxConnections = maxConnections;
  // Node drops headers beyond a count without a word; `checkMessage` refuses them.
  server.maxHeadersCount = 0;
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (request, response) => latest.set(request.socket, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const response = latest.get(socket);
    // It is closing after that answer; whatever follows on it is not read.
    if (response?.headersSent === true && !response.shouldKeepAlive) return;
    const midAnswer = response?.headersSent === true && !response.writableFinished;
    if (midAnswer || !socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else refuse(socket, clientErrorAnswer(error.code));
  });
  server.on('connect', (_request, socket) => refuse(socket, NO_TUNNEL));
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    if (response.socket !== null) refuse(response.socket, NO_EXPECTATION);
  });
  return server;
}

type RawAnswer = [status: string, description: string];

const NO_TUNNEL: RawAnswer = ['405 Method Not Allowed\r\nAllow: GET, HEAD, POST', 'The method is not supported here'];
const NO_EXPECTATION: RawAnswer = ['417 Expectation Failed', 'The expectation is not supported'];

function refuse(socket: Duplex, [status, description]: RawAnswer): void {
  const body = JSON.stringify({ error: 'invalid_request', error_description: description });
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    'Cache-Control: no-store',
    'Pragma: no-cache',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function clientErrorAnswer(code: string | undefined): RawAnswer {
  if (code === 'HPE_HEADER_OVERFLOW') return ['431 Request Header Fields Too Large', 'The headers are too large'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['408 Request Timeout', 'The request took too long'];
  return ['400 Bad Request', 'The request is not valid HTTP'];
}
