import autocannon from 'autocannon';
import type { Contender } from './start-contender.js';
import { CLIENT } from './world.js';

const SAMPLE_EVERY = 100;
const authorizationOf = ({ id, secret }: typeof CLIENT): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const AUTHORIZATION = authorizationOf(CLIENT);

/** What one round of requests came to. */
export interface Round {
  perSecond: number;
  /** Of all threads of the contender. */
  cpuMicros: number;
  medianMs: number;
  p99Ms: number;
  residentBytes: number;
  /** Lines of standard output for each request. */
  lines: number;
}

export interface Load {
  path: string;
  /** One for each request, or fewer, which are sent in turn. */
  forms: readonly Record<string, string>[];
  requests: number;
  connections: number;
  /** The clients that ask, in turn; absent: the one of every world. */
  callers?: readonly (typeof CLIENT)[] | undefined;
  /** Judges a sampled answer. @throws Error for one that is wrong */
  judge: (body: Record<string, unknown>) => void;
}

/** Sends the requests over so many connections at once. @throws Error for any answer but 200, and for a wrong one. */
export async function measure(contender: Contender, load: Load): Promise<Round> {
  const bodies = load.forms.map((form) => new URLSearchParams(form).toString());
  const authorizations = load.callers?.map(authorizationOf);
  const times: number[] = [];
  const sampled: string[] = [];
  let [next, answered, refused] = [0, 0, ''];
  const before = { cpu: contender.cpuMicros(), lines: contender.lines() };
  const started = performance.now();
  let last = started;
  const result = await autocannon({
    url: `${contender.url}${load.path}`,
    connections: load.connections,
    amount: load.requests,
    method: 'POST',
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/x-www-form-urlencoded' },
    setupClient: (client) =>
      client.on('response', (_status, _bytes, milliseconds) => {
        times.push(milliseconds);
        last = performance.now();
      }),
    requests: [
      {
        setupRequest: (request) => {
          const body = bodies[next % bodies.length];
          const authorization = authorizations?.[next % authorizations.length];
          next++;
          if (authorization === undefined) return { ...request, body };
          return { ...request, body, headers: { ...request.headers, authorization } };
        },
        onResponse: (status, body) => {
          if (status !== 200) refused = `${status} ${body}`;
          if (answered++ % SAMPLE_EVERY === 0) sampled.push(body);
        },
      },
    ],
  });
  // It tells once a second that it has ended.
  const seconds = (last - started) / 1000;
  const cpu = contender.cpuMicros() - before.cpu;
  const lines = contender.lines() - before.lines;
  if (refused !== '') throw new Error(`${contender.name} answered ${load.path} with ${refused}`);
  if (result.errors + result.timeouts > 0 || answered < load.requests) {
    throw new Error(`${contender.name} answered ${answered} of ${load.requests} requests of ${load.path}`);
  }
  for (const body of sampled) load.judge(JSON.parse(body) as Record<string, unknown>);
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? NaN;
  return {
    perSecond: load.requests / seconds,
    cpuMicros: cpu / load.requests,
    medianMs: at(0.5),
    p99Ms: at(0.99),
    residentBytes: contender.residentBytes(),
    lines: lines / load.requests,
  };
}
