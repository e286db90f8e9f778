import type { Service } from '../service.js';
import { JWKS_PATH, serverMetadata } from './metadata.js';
import type { Route } from './routes.js';

const METADATA_PATH = '/.well-known/oauth-authorization-server';
const PUBLIC_CACHE = { 'Cache-Control': 'public, max-age=300' };

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
    async handle(_request, response) {
      const document = await body();
      response.removeHeader('Pragma');
      response.set(PUBLIC_CACHE).json(document);
    },
  };
}

/** The well-known path goes between the host and the path of the issuer (RFC 8414 section 3.1). */
function metadataPaths(issuer: string): string[] {
  const path = URL.canParse(issuer) ? new URL(issuer).pathname.replace(/\/$/, '') : '';
  return path === '' ? [METADATA_PATH] : [`${METADATA_PATH}${path}`, METADATA_PATH];
}

async function mergeKeySets(keySets: readonly (() => Promise<{ keys: object[] }>)[]): Promise<{ keys: object[] }> {
  const sets = await Promise.all(keySets.map((publicJwks) => publicJwks()));
  const keys = new Map(sets.flatMap((set) => set.keys).map((key) => [JSON.stringify(key), key]));
  return { keys: [...keys.values()] };
}
