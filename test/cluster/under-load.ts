import { exchangeCall, issueCall, type Origins, tokenCall } from './calls.js';
import { type LoadReport, type Shot, startLoad } from './http-load.js';
import { INSIDE, type World } from './world.js';

/** What a load is made of, and where it comes in. */
export interface LoadPlan {
  /** What the figure is called. */
  name: string;
  /** The node whose ports the load from outside uses; the first one if none is given. */
  node?: string;
  shots?: (origins: Origins) => Promise<Shot[]>;
}

const OUTSIDE_CONNECTIONS = 6;
const INSIDE_CONNECTIONS = 3;
const PAUSE_MS = 40;
/** So many requests before the disturbance, and after it. */
const MARGIN_REQUESTS = 100;

/** Does something while callers outside and in a pod go on, and prints what they met; both reports in one. */
export async function underLoad(world: World, plan: LoadPlan, disturb: () => Promise<void>): Promise<LoadReport> {
  const shots = plan.shots ?? ((origins: Origins) => delegationShots(world, origins));
  const at = world.outside(plan.node);
  const outside = startLoad({ shots: await shots(at), connections: OUTSIDE_CONNECTIONS, pauseMs: PAUSE_MS });
  const inside = await world.inPod.startLoad({
    shots: await shots(INSIDE),
    connections: INSIDE_CONNECTIONS,
    pauseMs: PAUSE_MS,
  });
  try {
    await outside.reach(outside.requestCount() + MARGIN_REQUESTS);
    await disturb();
    await outside.reach(outside.requestCount() + MARGIN_REQUESTS);
  } finally {
    await Promise.all([outside.stop(), inside.stop()]);
  }
  const reports = await Promise.all([outside.stop(), inside.stop()]);
  const report = reports.reduce(unite);
  world.figure(plan.name, figureOf(report));
  return report;
}

/** Alice and Bob get tokens and delegate, Mallory is refused, a token is introspected: each service, for ever. */
async function delegationShots(world: World, origins: Origins): Promise<Shot[]> {
  const subject = await world.tokenOf('alice', 'read');
  const bob = await world.tokenOf('bob', 'exchange introspect');
  const mallory = await world.tokenOf('mallory', 'exchange');
  const alice = { id: 'alice', secret: world.overlays.secrets['alice'] ?? '' };
  return [
    { name: 'issue', ...issueCall(origins, alice, 'read'), status: 200, pattern: '"access_token":' },
    {
      name: 'introspect',
      ...tokenCall(origins, 'introspect', { token: subject, caller: bob }),
      status: 200,
      pattern: '"active":true',
    },
    {
      name: 'exchange',
      ...exchangeCall(origins, { subject, caller: bob }),
      status: 200,
      pattern: '"expires_in":([0-9]+)',
    },
    {
      name: 'refuse',
      ...exchangeCall(origins, { subject, caller: mallory }),
      status: 400,
      pattern: '"error":"invalid_request"',
    },
  ];
}

function unite(one: LoadReport, other: LoadReport): LoadReport {
  const answers = { ...one.answers };
  for (const [group, count] of Object.entries(other.answers)) answers[group] = (answers[group] ?? 0) + count;
  return {
    requestCount: one.requestCount + other.requestCount,
    failures: [...one.failures, ...other.failures],
    answers,
    seconds: Math.max(one.seconds, other.seconds),
    slowestMs: Math.max(one.slowestMs, other.slowestMs),
  };
}

function figureOf({ requestCount: sent, failures, seconds, slowestMs }: LoadReport): string {
  const counts = `${sent} sent, ${failures.length} failed in ${seconds.toFixed(0)} s, slowest ${slowestMs.toFixed(0)} ms`;
  return [counts, ...reasonsOf(failures)].join('; ');
}

/** The failures of a kind in one line, with the time of the first and the last of them. */
export function reasonsOf(failures: LoadReport['failures']): string[] {
  const kinds = new Map<string, number[]>();
  for (const { shot, reason, atSeconds } of failures) {
    const kind = `${shot} ${reason}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), atSeconds]);
  }
  return [...kinds].map(
    ([kind, times]) =>
      `${times.length} x ${kind} at ${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)} s`,
  );
}
