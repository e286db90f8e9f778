import { judgeAnswer } from './judge-answer.js';
import { type Load, measure, type Round } from './measure.js';
import type { Contender } from './start-contender.js';
import { createForms, pathOf, type Workload } from './workloads.js';
import { TARGETS, type World, callers } from './world.js';

/** How much is asked. */
export interface Effort {
  rounds: number;
  requests: number;
  warmUp: number;
  connections: number;
}

/** All rounds of a workload, by the label of the contender: those of one index were beside each other. */
export interface Measured {
  workload: Workload;
  rounds: Record<string, Round[]>;
}

/** Warms up, then measures the contenders in turn, round by round. */
export async function runWorkload(
  workload: Workload,
  contenders: readonly Contender[],
  { world, effort }: { world: World; effort: Effort },
): Promise<Measured> {
  const participants = contenders.filter(({ name }) => workload.contenders.includes(name));
  const measurements: Measured = { workload, rounds: {} };
  const opaque = await opaqueToken(
    participants.find(({ name }) => name === 'peer'),
    workload,
  );
  const load = (contender: Contender, forms: Record<string, string>[], requests: number): Load => ({
    path: pathOf(contender.name, workload),
    forms: contender.name === 'peer' ? peerForms(workload, forms, opaque) : forms,
    requests,
    connections: effort.connections,
    callers: workload.clients === undefined ? undefined : callers(workload.clients),
    judge: judgeAnswer(contender.name, workload, world.publicKey(workload.alg)),
  });
  const warmUpForms = createForms(workload, world, effort.warmUp);
  for (const contender of participants) await measure(contender, load(contender, warmUpForms, effort.warmUp));
  for (let round = 0; round < effort.rounds; round++) {
    const forms = createForms(workload, world, effort.requests);
    for (const contender of participants) {
      const result = await measure(contender, load(contender, forms, effort.requests));
      (measurements.rounds[contender.label] ??= []).push(result);
    }
  }
  return measurements;
}

/** The peer signs an access token for a resource alone, and introspects opaque tokens alone. */
function peerForms({ operation }: Workload, forms: Record<string, string>[], opaque: string | undefined) {
  if (operation === 'introspect') return [{ token: opaque ?? '' }];
  return operation === 'issue' ? forms.map((form) => ({ ...form, resource: TARGETS.delegated })) : forms;
}

/** The peer introspects what it issued itself, without a signature. */
async function opaqueToken(peer: Contender | undefined, { operation }: Workload): Promise<string | undefined> {
  if (peer === undefined || operation !== 'introspect') return undefined;
  let token: unknown;
  await measure(peer, {
    path: '/token',
    forms: [{ grant_type: 'client_credentials' }],
    requests: 1,
    connections: 1,
    judge: (body) => (token = body['access_token']),
  });
  return String(token);
}
