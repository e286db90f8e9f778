import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { startLoopbackServer } from '@mandate/testing';

/** How a server behaves that another stands behind. Those that echo hand back everything they were sent. */
export type Behaviour = 'forward' | 'echo as 500' | 'echo as 401' | 'echo as success' | 'redirect' | 'hang' | 'cut';

export interface Relay {
  origin: string;
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

interface Received {
  path: string;
  method: string;
  headers: [string, string][];
  body: string;
}

const OF_THE_CONNECTION = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']);

/** A server on loopback that answers as the one at `target` does, until it is told to misbehave. */
export async function startRelay(target: string): Promise<Relay> {
  let behaviour: Behaviour = 'forward';
  const server = await startLoopbackServer((request, response) => {
    const now = behaviour;
    void receive(request)
      .then((incoming) => (now === 'forward' ? forward(target, incoming, response) : answer(now, incoming, response)))
      .catch(() => response.destroy());
  });
  return { ...server, behave: (next) => void (behaviour = next) };
}

async function receive(request: IncomingMessage): Promise<Received> {
  const body = (await buffer(request)).toString('utf8');
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
  return { path: request.url ?? '/', method: request.method ?? 'GET', headers, body };
}

async function forward(target: string, { path, method, headers, body }: Received, response: ServerResponse) {
  const init = { method, headers: headers.filter(([name]) => !OF_THE_CONNECTION.has(name)) };
  const answer = await fetch(`${target}${path}`, { ...init, ...(method !== 'GET' && { body }), redirect: 'manual' });
  const type = answer.headers.get('content-type') ?? 'application/json';
  response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
}

function answer(behaviour: Exclude<Behaviour, 'forward'>, incoming: Received, response: ServerResponse): void {
  const echo = JSON.stringify({ error: incoming.body, error_description: incoming.headers.flat().join(' '), incoming });
  const line = echo.replace(/[^\x20-\x7e]/g, '');
  const headers = { 'content-type': 'application/json', 'www-authenticate': line, 'x-echo': line };
  const statuses: Partial<Record<Behaviour, number>> = { 'echo as 500': 500, 'echo as 401': 401 };
  if (behaviour === 'cut') response.destroy();
  else if (behaviour === 'redirect') response.writeHead(302, { location: `http://127.0.0.1:1/?${line}` }).end(echo);
  else if (behaviour !== 'hang') response.writeHead(statuses[behaviour] ?? 200, headers).end(echo);
}
