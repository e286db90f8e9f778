import type { JsonObject } from '@mandate/ports';
import type { Service } from '../service.js';
import { JWKS_PATH, serverMetadata, withoutEmptyLists } from './metadata.js';
import type { Route } from './routes.js';

const METADATA_PATH = '/.well-known/oauth-authorization-server';
/** The name under which OpenID clients look for it (OpenID Connect Discovery section 4; RFC 8414 section 5). */
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
    ...(document === undefined ? [] : documentRoutes(document, keySets)),
    ...(keySets.length === 0 ? [] : [publicRoute(JWKS_PATH, () => mergeKeySets(keySets))]),
  ];
}

type KeySets = readonly (() => Promise<{ keys: object[] }>)[];

function documentRoutes(document: JsonObject & { issuer: string }, keySets: KeySets): Route[] {
  const openidDocument = async (): Promise<JsonObject> => ({ ...document, ...(await openidMembers(keySets)) });
  const { oauth, openid } = metadataPaths(document.issuer);
  return [
    ...oauth.map((path) => publicRoute(path, () => document)),
    ...openid.map((path) => publicRoute(path, openidDocument)),
  ];
}

/**
 * What OpenID clients read before they verify any token of this issuer (OpenID Connect Discovery section 3): the `sub` of
 * somebody is the same for every client, and these are the algorithms of the keys.
 */
async function openidMembers(keySets: KeySets): Promise<JsonObject> {
  const { keys } = await mergeKeySets(keySets);
  const algorithms = keys.flatMap((key) => ('alg' in key && typeof key.alg === 'string' ? [key.alg] : []));
  return withoutEmptyLists({
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(algorithms)],
  });
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
function metadataPaths(issuer: string): { oauth: string[]; openid: string[] } {
  const path = URL.canParse(issuer) ? new URL(issuer).pathname.replace(/\/$/, '') : '';
  if (path === '') return { oauth: [METADATA_PATH], openid: [OPENID_PATH] };
  return {
    oauth: [METADATA_PATH, METADATA_PATH + path],
    openid: [OPENID_PATH, OPENID_PATH + path, path + OPENID_PATH],
  };
}

async function mergeKeySets(keySets: KeySets): Promise<{ keys: object[] }> {
  const sets = await Promise.all(keySets.map((publicJwks) => publicJwks()));
  const keys = new Map(sets.flatMap((set) => set.keys).map((key) => [JSON.stringify(key), key]));
  return { keys: [...keys.values()] };
}
