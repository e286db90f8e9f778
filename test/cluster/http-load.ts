import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

// This file runs in a pod as well (in-pod.ts): it imports nothing but the platform.

/** One request, sent again and again, and what its answer must be. */
export interface Shot {
  name: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  status: number;
  /** Regular expression that the body matches; answers are counted by its first group. */
  pattern: string;
}

export interface LoadOptions {
  shots: readonly Shot[];
  /** So many callers at a time, each with a connection of its own that it keeps. */
  connections: number;
  /** What a caller waits after an answer. */
  pauseMs: number;
}

export interface LoadReport {
  requestCount: number;
  failures: { atSeconds: number; shot: string; reason: string }[];
  /** How many answers had which first group of their pattern. */
  answers: Record<string, number>;
  seconds: number;
  slowestMs: number;
}

export interface Load {
  /** How many requests have been answered or have failed. */
  requestCount(): number;
  /** Waits until there are so many. */
  reach(requests: number): Promise<void>;
  /** Once what is on its way is answered; the same report however often it is asked for. */
  stop(): Promise<LoadReport>;
}

const TIMEOUT_MS = 30_000;

/** Sends from now until it is stopped. Nothing is ever sent twice: what fails counts as failed. */
export function startLoad(options: LoadOptions): Load {
  const startMs = performance.now();
  const report: LoadReport = { requestCount: 0, failures: [], answers: {}, seconds: 0, slowestMs: 0 };
  let isStopped = false;
  const caller = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isStopped) {
      for (const shot of options.shots) {
        const shotStartMs = performance.now();
        const { reason, group } = await fire(shot, agent);
        report.requestCount += 1;
        report.slowestMs = Math.max(report.slowestMs, performance.now() - shotStartMs);
        if (reason === undefined) report.answers[group] = (report.answers[group] ?? 0) + 1;
        else report.failures.push({ atSeconds: (performance.now() - startMs) / 1000, shot: shot.name, reason });
        await sleep(options.pauseMs);
      }
    }
    agent.destroy();
  };
  const finalReport = Promise.all(Array.from({ length: options.connections }, caller)).then(() => {
    return { ...report, seconds: (performance.now() - startMs) / 1000 };
  });
  return {
    requestCount: () => report.requestCount,
    async reach(requests) {
      while (report.requestCount < requests) await sleep(50);
    },
    stop() {
      isStopped = true;
      return finalReport;
    },
  };
}

interface Outcome {
  group: string;
  /** Why it failed. */
  reason?: string;
}

async function fire(shot: Shot, agent: Agent): Promise<Outcome> {
  try {
    const { status, text } = await post(shot, agent);
    const match = new RegExp(shot.pattern).exec(text);
    const error = /"error":"(\w+)"/.exec(text)?.[1] ?? 'other body';
    if (status !== shot.status || match === null) return { group: '', reason: `${status} ${error}` };
    return { group: `${shot.name} ${match[1] ?? ''}`.trim() };
  } catch (error) {
    // Not `instanceof Error`: under Jest an error of the platform is of another realm.
    return { group: '', reason: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

async function post(shot: Shot, agent: Agent): Promise<{ status: number; text: string }> {
  const headers = { ...shot.headers, 'content-length': String(Buffer.byteLength(shot.body)) };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(shot.url, { method: 'POST', headers, agent, timeout: TIMEOUT_MS }, resolve);
    outgoing.once('error', reject).once('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.end(shot.body);
  });
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += String(piece);
  return { status: response.statusCode ?? 0, text };
}
