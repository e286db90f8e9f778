import { withDeadline } from '@mandate/ports';
import type { HealthPart, HealthStatus } from '../service.js';
import type { Route } from './routes.js';

/** Whether this process should get requests, and why not. */
export interface Readiness {
  read(): Promise<ReadinessReport>;
  draining(): boolean;
  startDraining(): void;
}

export interface ReadinessReport {
  status: 'ready' | 'degraded' | 'not ready' | 'draining';
  parts: Record<string, HealthStatus>;
}

/** Well below the two seconds that a kubelet waits for `/readyz` (k8s/base/pod.yaml). */
const PART_TIMEOUT_MS = 1000;
const REPORT_LIFE_MS = 1000;

/** Asks all parts at most once a second however often it is read: probes on the public port are open to everybody. */
export function createReadiness(parts: readonly HealthPart[]): Readiness {
  let draining = false;
  let latest: Promise<Record<string, HealthStatus>> | undefined;
  function ask(): Promise<Record<string, HealthStatus>> {
    setTimeout(() => (latest = undefined), REPORT_LIFE_MS).unref();
    return askParts(parts);
  }
  return {
    draining: () => draining,
    startDraining: () => (draining = true),
    async read() {
      const answers = await (latest ??= ask());
      return { status: draining ? 'draining' : overall(Object.values(answers)), parts: answers };
    },
  };
}

function overall(answers: readonly HealthStatus[]): 'ready' | 'degraded' | 'not ready' {
  if (!answers.every(({ ready }) => ready)) return 'not ready';
  return answers.some(({ degraded }) => degraded === true) ? 'degraded' : 'ready';
}

async function askParts(parts: readonly HealthPart[]): Promise<Record<string, HealthStatus>> {
  const ask = async (part: HealthPart): Promise<HealthStatus> => {
    const status = await askPart(part);
    return status.ready || part.needed !== false ? status : { ...status, ready: true, degraded: true };
  };
  const answers = await Promise.all(parts.map(async (part) => [part.name, await ask(part)] as const));
  // What several services of a process each have is one part here, and as ready as the worst of them.
  const worst: Record<string, HealthStatus> = {};
  for (const [name, answer] of answers) {
    const before = worst[name];
    if (before === undefined || badness(answer) > badness(before)) worst[name] = answer;
  }
  return worst;
}

function badness({ ready, degraded }: HealthStatus): number {
  if (!ready) return 2;
  return degraded === true ? 1 : 0;
}

async function askPart(part: HealthPart): Promise<HealthStatus> {
  try {
    return await withDeadline(part.status(), PART_TIMEOUT_MS, () => ({ ready: false, detail: 'no answer in time' }));
  } catch {
    return { ready: false, detail: 'failed' };
  }
}

/** `/livez`, `/readyz` and `/healthz`. With `details`, `/readyz?verbose` says what is wrong with a part. */
export function probeRoutes(readiness: Readiness, { details }: { details: boolean }): Route[] {
  const live = (path: string): Route => ({
    method: 'GET',
    path,
    quiet: true,
    handle: () => ({ body: { status: 'live' } }),
  });
  const ready: Route = {
    method: 'GET',
    path: '/readyz',
    quiet: true,
    async handle(request) {
      const { status, parts } = await readiness.read();
      const verbose = /\?(?:.*&)?verbose\b/.test(request.url);
      const shown = details ? parts : withoutDetails(parts);
      return {
        status: status === 'ready' || status === 'degraded' ? 200 : 503,
        body: { status, ...(verbose && { parts: shown }) },
      };
    },
  };
  return [live('/livez'), live('/healthz'), ready];
}

function withoutDetails(parts: Record<string, HealthStatus>): Record<string, HealthStatus> {
  const entries = Object.entries(parts).map(([name, { ready, degraded }]) => [
    name,
    { ready, ...(degraded !== undefined && { degraded }) },
  ]);
  return Object.fromEntries(entries) as Record<string, HealthStatus>;
}
