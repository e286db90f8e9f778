import { type KeyObject, verify } from 'node:crypto';
import { digestOf } from './sign-token.js';
import type { ContenderName } from './start-contender.js';
import type { Workload } from './workloads.js';
import { CLIENT, callers } from './world.js';

/** Says what is wrong with an answer: a fast wrong answer is no answer. */
export function judgeAnswer(name: ContenderName, workload: Workload, publicKey: KeyObject) {
  return (body: Record<string, unknown>): void => {
    const problem = problemOf(body, { name, workload, publicKey });
    if (problem !== undefined) throw new Error(`${name} answers ${workload.name} wrongly: ${problem}`);
  };
}

interface Expected {
  name: ContenderName;
  workload: Workload;
  publicKey: KeyObject;
}

function problemOf(body: Record<string, unknown>, expected: Expected): string | undefined {
  const { operation } = expected.workload;
  if (operation === 'introspect') return problemOfIntrospection(body, expected);
  if (operation !== 'explain') return problemOfToken(String(body['access_token']), expected);
  return body['verdict'] === 'permit' ? undefined : `the verdict ${String(body['verdict'])}`;
}

/** The peer introspects a token of the client, which has no subject. */
function problemOfIntrospection(body: Record<string, unknown>, { name }: Expected): string | undefined {
  if (body['active'] !== true) return 'inactive';
  return name === 'peer' || body['sub'] === 'alice' ? undefined : 'another subject';
}

function problemOfToken(token: string, { name, workload, publicKey }: Expected): string | undefined {
  const [head = '', payload = '', signature = ''] = token.split('.');
  const data = Buffer.from(`${head}.${payload}`);
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
  if (!verify(digestOf(workload.alg), data, key, Buffer.from(signature, 'base64url'))) return 'a bad signature';
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub?: string; act?: { sub?: string } };
  if (!subjectsOf(workload).includes(claims.sub ?? '')) return 'another subject';
  const actor = workload.actorToken === true ? 'bob' : CLIENT.id;
  return workload.operation === 'issue' || name === 'floor' || claims.act?.sub === actor ? undefined : 'another actor';
}

/** Whose token it may be. */
function subjectsOf({ operation, clients }: Workload): string[] {
  if (operation !== 'issue') return ['alice'];
  return clients === undefined ? [CLIENT.id] : callers(clients).map(({ id }) => id);
}
