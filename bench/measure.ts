import autocannon from 'autocannon';
import type { Contender } from './start-contender.js';
import { basic, CLIENT } from './world.js';

const SAMPLE_EVERY = 100;

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
  const nextMessage = messagesInTurn(load);
  const times: number[] = [];
  const samples: string[] = [];
  let [answerCount, refusal] = [0, ''];
  const before = { cpu: contender.cpuMicros(), lines: contender.lines() };
  const startMs = performance.now();
  let last = startMs;
  const result = await autocannon({
    url: `${contender.url}${load.path}`,
    connections: load.connections,
    amount: load.requests,
    sampleInt: 100,
    method: 'POST',
    setupClient: (client) =>
      client.on('response', (_status, _bytes, milliseconds) => {
        times.push(milliseconds);
        last = performance.now();
      }),
    requests: [
      {
        setupRequest: (request) => ({ ...request, ...nextMessage() }),
        onResponse: (status, body) => {
          if (status !== 200) refusal = `${status} ${body}`;
          if (answerCount++ % SAMPLE_EVERY === 0) samples.push(body);
        },
      },
    ],
  });
  // It tells only when it samples that it has ended.
  const seconds = (last - startMs) / 1000;
  const cpu = contender.cpuMicros() - before.cpu;
  const lines = contender.lines() - before.lines;
  if (refusal !== '') throw new Error(`${contender.name} answered ${load.path} with ${refusal}`);
  if (result.errors + result.timeouts > 0 || answerCount < load.requests) {
    throw new Error(`${contender.name} answered ${answerCount} of ${load.requests} requests of ${load.path}`);
  }
  for (const body of samples) load.judge(JSON.parse(body) as Record<string, unknown>);
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

/** What each request has of its own: made before the clock runs. */
function messagesInTurn({ forms, callers = [CLIENT] }: Load) {
  const bodies = forms.map((form) => new URLSearchParams(form).toString());
  const headers = callers.map((caller) => ({
    authorization: basic(caller),
    'content-type': 'application/x-www-form-urlencoded',
  }));
  let requestCount = 0;
  return () => {
    const at = requestCount++;
    return { body: bodies[at % bodies.length], headers: headers[at % headers.length] };
  };
}
