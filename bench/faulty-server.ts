import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a server can fail that is asked while a request waits (docs/security.md X12). */
export const FAULTS = ['500', 'hang', 'drip', 'wrong type', 'huge', 'refused'] as const;

export type Mode = 'ok' | (typeof FAULTS)[number];

/** A server that answers, or fails in one of the ways; `refused` is a closed port. */
export interface FaultyServer {
  origin: string;
  is(mode: Mode): Promise<void>;
  close(): Promise<void>;
}

const BYTES_PER_WRITE = 65_536;

const FAULT: Record<Exclude<Mode, 'ok' | 'refused'>, (response: ServerResponse) => void> = {
  '500': (response) => void response.writeHead(500).end('{}'),
  hang: () => undefined,
  drip: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 100);
    response.once('close', () => clearInterval(timer));
  },
  'wrong type': (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>'),
  huge(response) {
    response.writeHead(200, { 'content-type': 'application/json' });
    const writeOn = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(BYTES_PER_WRITE, ' '))) continue;
      response.once('drain', writeOn);
    };
    writeOn();
  },
};

/** Starts one on loopback; `answer` is what it does when it is well. */
export async function startFaultyServer(answer: RequestListener): Promise<FaultyServer> {
  let now: Mode = 'ok';
  const server = createServer((request, response) => {
    request.resume();
    if (now === 'ok' || now === 'refused') answer(request, response);
    else FAULT[now](response);
  });
  const listen = (port: number): Promise<void> =>
    new Promise((listening) => server.listen(port, '127.0.0.1', listening));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    async is(mode) {
      if (mode === 'refused' && server.listening) await stop();
      if (mode !== 'refused' && !server.listening) await listen(port);
      now = mode;
    },
    close: () => (server.listening ? stop() : Promise.resolve()),
  };
}
