import type { ContenderName } from './start-contender.js';
import type { Algorithm } from './sign-token.js';
import { TARGETS, type World } from './world.js';

export type Operation = 'issue' | 'introspect' | 'exchange' | 'explain';

/** What is asked of a contender, again and again. */
export interface Workload {
  name: string;
  operation: Operation;
  /** Of the tokens that come in, and of the key that signs. */
  alg: Algorithm;
  /** A token that comes in is new each time, or the same again. */
  tokens: 'none' | 'new' | 'again';
  actorToken?: boolean;
  /** How many clients ask, in turn; one unless it says so. */
  clients?: number;
  /** Earlier actors of the subject token. */
  actors?: number;
  contenders: readonly ContenderName[];
  /** Least ratios that are wanted: the other's CPU time over ours. */
  goals?: { floor: number; peer: number };
}

const ALL: readonly ContenderName[] = ['floor', 'peer', 'mandate'];

const issue = { operation: 'issue', alg: 'ES256', tokens: 'none', contenders: ALL } as const;
const introspect = { operation: 'introspect', alg: 'ES256', contenders: ALL } as const;
const exchange = { operation: 'exchange', alg: 'ES256', contenders: ALL } as const;

/** Those with goals, of which `--quick` runs each. */
export const MAIN: readonly Workload[] = [
  { ...issue, name: 'issue', goals: { peer: 1.5, floor: 0.85 } },
  { ...introspect, name: 'introspect, new', tokens: 'new', goals: { peer: 0.9, floor: 0.75 } },
  { ...introspect, name: 'introspect, again', tokens: 'again', goals: { peer: 1.3, floor: 1.5 } },
  { ...exchange, name: 'exchange, 1 token, new', tokens: 'new', goals: { peer: 1, floor: 0.7 } },
  { ...exchange, name: 'exchange, 1 token, again', tokens: 'again', goals: { peer: 1.5, floor: 1 } },
  { ...exchange, name: 'exchange, 2 tokens, new', tokens: 'new', actorToken: true, goals: { peer: 1, floor: 0.65 } },
  { ...exchange, name: 'exchange, 2 tokens, again', tokens: 'again', actorToken: true, goals: { peer: 1.7, floor: 1 } },
];

/** Further ones on the same processes. */
export const MORE: readonly Workload[] = [
  { ...exchange, name: 'exchange, chain of 4', tokens: 'new', actorToken: true, actors: 3 },
  { ...exchange, name: 'explain', operation: 'explain', tokens: 'new', actorToken: true, contenders: ['mandate'] },
];

/** Those of another algorithm. */
export const ofAlgorithm = (alg: Algorithm): readonly Workload[] => [
  { ...issue, name: `issue, ${alg}`, alg },
  { ...introspect, name: `introspect, new, ${alg}`, alg, tokens: 'new' },
];

/** What is sent for one request of a workload. */
export interface Message {
  path: string;
  form: Record<string, string>;
}

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';
const PATHS: Record<ContenderName, Record<Operation, string>> = {
  floor: { issue: '/issue', introspect: '/introspect', exchange: '/exchange', explain: '/exchange' },
  peer: { issue: '/token', introspect: '/token/introspection', exchange: '/token', explain: '/token' },
  mandate: {
    issue: '/service/access_token',
    introspect: '/service/introspect',
    exchange: '/service/tokensts',
    explain: '/service/explain',
  },
};

/** The tokens of a workload's requests, made before the clock runs: so many new ones, or one. */
export function createForms(workload: Workload, world: World, requests: number): Record<string, string>[] {
  const { alg, actors = 0, actorToken = false } = workload;
  const count = workload.tokens === 'new' ? requests : 1;
  return Array.from({ length: count }, () => {
    if (workload.operation === 'issue') return { grant_type: 'client_credentials', scope: 'read' };
    const subject = world.subjectToken(alg, { mayAct: actorToken ? 'bob' : undefined, actors });
    if (workload.operation === 'introspect') return { token: subject };
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subject,
      subject_token_type: TOKEN_TYPE,
      resource: actorToken ? TARGETS.delegated : TARGETS.direct,
      scope: 'read',
    };
    return actorToken ? { ...form, actor_token: world.actorToken(alg), actor_token_type: TOKEN_TYPE } : form;
  });
}

/** Where a contender has the operation. */
export function pathOf(contender: ContenderName, { operation }: Workload): string {
  return PATHS[contender][operation];
}
