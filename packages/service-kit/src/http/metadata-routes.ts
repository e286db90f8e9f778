import { type JsonObject, type JsonValue } from '@mandate/ports';
import type { Service } from '../service.js';
import type { Route } from './routes.js';

const METADATA_PATH = '/.well-known/oauth-authorization-server';
const JWKS_PATH = '/.well-known/jwks.json';
const PUBLIC_CACHE = { 'Cache-Control': 'public, max-age=300' };

/** Authorization server metadata (RFC 8414) and the public keys of the services that publish them. */
export function metadataRoutes(services: readonly Service[]): Route[] {
  const documents = services.map(({ metadata }) => metadata).filter((metadata) => Object.keys(metadata).length > 0);
  const document = mergeMetadata(documents);
  const keySets = services.flatMap(({ publicJwks }) => (publicJwks === undefined ? [] : [publicJwks]));
  const paths = documents.length === 0 ? [] : metadataPaths(document['issuer']);
  return [
    ...paths.map((path) => publicRoute(path, () => Promise.resolve(document))),
    ...(keySets.length === 0 ? [] : [publicRoute(JWKS_PATH, () => mergeKeySets(keySets))]),
  ];
}

function publicRoute(path: string, body: () => Promise<object>): Route {
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
function metadataPaths(issuer: JsonValue | undefined): string[] {
  const path = typeof issuer === 'string' && URL.canParse(issuer) ? new URL(issuer).pathname.replace(/\/$/, '') : '';
  return path === '' ? [METADATA_PATH] : [`${METADATA_PATH}${path}`, METADATA_PATH];
}

/** One document of several: lists are united, of anything else the first stands. */
function mergeMetadata(documents: readonly JsonObject[]): JsonObject {
  const merged: JsonObject = {};
  for (const [name, value] of documents.flatMap((document) => Object.entries(document))) {
    const present = merged[name];
    if (present === undefined) merged[name] = value;
    else if (Array.isArray(present) && Array.isArray(value)) merged[name] = [...new Set([...present, ...value])];
  }
  return merged;
}

async function mergeKeySets(keySets: readonly (() => Promise<{ keys: object[] }>)[]): Promise<{ keys: object[] }> {
  const sets = await Promise.all(keySets.map((publicJwks) => publicJwks()));
  const keys = new Map(sets.flatMap((set) => set.keys).map((key) => [JSON.stringify(key), key]));
  return { keys: [...keys.values()] };
}
