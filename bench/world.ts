import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Algorithm, signToken } from './sign-token.js';

export const ALGORITHMS: readonly Algorithm[] = ['ES256', 'EdDSA', 'RS256'];
export const USERS = 'https://users.example.com';
export const ISSUER = 'https://mandate.example.com';
export const CLIENT = { id: 'gateway', secret: 'gateway-secret-of-the-benchmark' };
/** How a client says by HTTP Basic who it is; none here has a character that would be encoded first. */
export function basic({ id, secret }: typeof CLIENT): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

/** What exchanges are for: with an actor token, and without, where the client acts. */
export const TARGETS = { delegated: 'https://images.example.com/', direct: 'https://direct.example.com/' };

const DELEGATED = {
  id: 'delegated',
  patterns: [`${TARGETS.delegated}*`],
  audience: TARGETS.delegated,
  scopes: ['read'],
};
const COMMON = { iss: USERS, aud: CLIENT.id, client_id: CLIENT.id, scope: 'read write' };

/** The files that every contender reads, and the issuer of users whom all of them trust. */
export interface World {
  /** Where its files are. */
  folder: string;
  /** Paths of a JWKS with one private key, of client records, of a policy with so many rules, and of the issuers. */
  keys: (alg: Algorithm) => string;
  clients: (count: number) => string;
  policy: (rules: number) => string;
  issuers: string;
  /** Path of a policy that an OPA can decide by, too. */
  delegatedPolicy: string;
  /** The public keys of {@link keys}, for judging answers. */
  publicKey: (alg: Algorithm) => KeyObject;
  /** A token that nobody has seen: Alice's, who lets somebody act, or does not say; with as many earlier actors. */
  subjectToken: (alg: Algorithm, options: { mayAct: string | undefined; actors: number }) => string;
  actorToken: (alg: Algorithm) => string;
}

/** Makes the keys, and writes a file whenever its path is asked for. */
export function createWorld(folder: string): World {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const [users, own] = [createKeys(), createKeys()];
  const jwks = {
    keys: ALGORITHMS.map((alg) => ({ ...users[alg].publicKey.export({ format: 'jwk' }), kid: alg, alg })),
  };
  const issue = (alg: Algorithm, claims: object): string =>
    signToken(users[alg].privateKey, { alg, kid: alg, ...COMMON, ...claims });
  return {
    folder,
    keys: (alg) => {
      const jwk = { ...own[alg].privateKey.export({ format: 'jwk' }), kid: `own-${alg}`, alg };
      return write(`keys-${alg}.json`, { keys: [jwk] });
    },
    clients: (count) => write(`clients-${count}.json`, clientRecords(count)),
    policy: (rules) => write(`policy-${rules}.json`, { resources: policyRules(rules) }),
    delegatedPolicy: write('policy-opa.json', { resources: [DELEGATED] }),
    issuers: write('issuers.json', [{ issuer: USERS, jwks, mayAssertMayAct: true, mayAssertAct: true }]),
    publicKey: (alg) => own[alg].publicKey,
    subjectToken: (alg, { mayAct, actors }) => {
      const consent = mayAct === undefined ? {} : { may_act: { sub: mayAct } };
      const act = actors > 0 ? { act: actorChain(actors) } : {};
      return issue(alg, { sub: 'alice', ...consent, ...act });
    },
    actorToken: (alg) => issue(alg, { sub: 'bob' }),
  };
}

type Keys = Record<Algorithm, { privateKey: KeyObject; publicKey: KeyObject }>;

function createKeys(): Keys {
  return {
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  };
}

function actorChain(length: number): object {
  const earlier = length > 1 ? { act: actorChain(length - 1) } : {};
  return { iss: USERS, sub: `service-${length}`, ...earlier };
}

/** So many of the clients that every file of clients has before {@link CLIENT}. */
export function callers(count: number): (typeof CLIENT)[] {
  return Array.from({ length: count }, (_, index) => ({ id: `client-${index}`, secret: `secret-of-client-${index}` }));
}

function clientRecords(count: number): object[] {
  const others = callers(count - 1).map(({ id, secret }) => ({ clientId: id, clientSecret: secret, scopes: ['read'] }));
  const scopes = ['read', 'exchange', 'explain', 'introspect'];
  return [...others, { clientId: CLIENT.id, clientSecret: CLIENT.secret, scopes }];
}

function policyRules(count: number): object[] {
  const others = Array.from({ length: count - 2 }, (_, index) => ({
    id: `other-${index}`,
    patterns: [`https://service-${index}.example.com/*`],
    audience: `https://service-${index}.example.com`,
    scopes: ['read'],
  }));
  return [
    ...others,
    DELEGATED,
    {
      id: 'direct',
      patterns: [`${TARGETS.direct}*`],
      audience: TARGETS.direct,
      scopes: ['read'],
      clientAsActor: true,
      allowedActors: [{ iss: ISSUER, sub: CLIENT.id }, 'bob'],
    },
  ];
}
