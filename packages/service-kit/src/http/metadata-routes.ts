import type { Service } from '../service.js';
import { JWKS_PATH, serverMetadata } from './metadata.js';
import type { Route } from './routes.js';

const METADATA_PATH = '/.well-known/oauth-authorization-server';
/** The name under which OpenID clients look for the same (OpenID Connect Discovery section 4; RFC 8414 section 5). */
const OPENID_PATH = '/.well-known/openid-configuration';
/** Nothing of it is secret, nothing depends on who asks: a page of any origin may read it. */
const PUBLIC_HEADERS = {
  'Cache-Control': 'public, max-age=300',
  Pragma: undefined,
  'Access-Control-Allow-Origin': '*',
};

/** Authorization server metadata (RFC 8414) and the public keys of the services that publish them. */
export function metadataRoutes(services: readonly Service[]): Route[] {
  const document = serverMetadata(services);
  const keySets = services.flatMap(({ publicJwks }) => (publicJwks === undefined ? [] : [publicJwks]));
  return [
    ...(document === undefined ? [] : metadataPaths(document.issuer).map((path) => publicRoute(path, () => document))),
    ...(keySets.length === 0 ? [] : [publicRoute(JWKS_PATH, () => mergeKeySets(keySets))]),
  ];
}

function publicRoute(path: string, body: () => Promise<object> | object): Route {
  return {
    method: 'GET',
    path,
    handle: async () => ({ headers: PUBLIC_HEADERS, body: await body() }),
  };
}

/**
 * The well-known path goes between the host and the path of the issuer (RFC 8414 section 3.1), of the OpenID document
 * behind it (OpenID Connect Discovery section 4.1).
 */
function metadataPaths(issuer: string): string[] {
  const path = URL.canParse(issuer) ? new URL(issuer).pathname.replace(/\/$/, '') : '';
  const names = [METADATA_PATH, OPENID_PATH];
  return path === '' ? names : [...names, ...names.map((name) => name + path), path + OPENID_PATH];
}

async function mergeKeySets(keySets: readonly (() => Promise<{ keys: object[] }>)[]): Promise<{ keys: object[] }> {
  const sets = await Promise.all(keySets.map((publicJwks) => publicJwks()));
  const keys = new Map(sets.flatMap((set) => set.keys).map((key) => [JSON.stringify(key), key]));
  return { keys: [...keys.values()] };
}
