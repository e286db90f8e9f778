import type { RequestListener } from 'node:http';
import type { JWK } from 'jose';
import { pathOf, startLoopbackServer } from './loopback-server.js';

/** An authorization server as far as its keys go: a discovery document and a JWKS, on loopback. */
export interface IssuerStandIn {
  issuer: string;
  jwksUri: string;
  discoveryUri: string;
  /** Paths asked for so far. */
  requests: string[];
  publish: (keys: readonly JWK[]) => void;
  /** Members over those of the discovery document. */
  discover: (members: Readonly<Record<string, unknown>>) => void;
  /** Answers a path in another way, until `undefined` is given. */
  answer: (path: string, listener: RequestListener | undefined) => void;
  close: () => Promise<void>;
}

export const JWKS_PATH = '/jwks';
export const DISCOVERY_PATH = '/.well-known/openid-configuration';

export async function startIssuer(...keys: JWK[]): Promise<IssuerStandIn> {
  const requests: string[] = [];
  const answers = new Map<string, RequestListener>();
  let jwks: readonly JWK[] = keys;
  let discovery: Readonly<Record<string, unknown>> = {};
  const server = await startLoopbackServer((request, response) => {
    const path = pathOf(request);
    requests.push(path);
    const listener = answers.get(path);
    if (listener !== undefined) {
      listener(request, response);
      return;
    }
    const body = documents().get(path);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? {}));
  });
  const issuer = server.origin;
  const documents = (): Map<string, unknown> =>
    new Map<string, unknown>([
      [JWKS_PATH, { keys: jwks }],
      [DISCOVERY_PATH, { issuer, jwks_uri: `${issuer}${JWKS_PATH}`, ...discovery }],
    ]);
  return {
    issuer,
    jwksUri: `${issuer}${JWKS_PATH}`,
    discoveryUri: `${issuer}${DISCOVERY_PATH}`,
    requests,
    publish: (next) => void (jwks = next),
    discover: (members) => void (discovery = members),
    answer: (path, listener) => {
      if (listener === undefined) answers.delete(path);
      else answers.set(path, listener);
    },
    close: () => server.close(),
  };
}
