import type { JsonObject } from '@mandate/ports';
import type { EndpointMetadata, Service } from '../service.js';

/** Where the public keys of the services are. */
export const JWKS_PATH = '/.well-known/jwks.json';

/**
 * RFC 8414 section 2 requires the member and section 3.2 forbids an empty list: without an authorization endpoint it is the
 * registered response type that grants nothing.
 */
const RESPONSE_TYPES = ['none'];

/**
 * The authorization server metadata (RFC 8414 section 2) of the services that have an issuer, told from their endpoints;
 * `undefined` where none has. One document of several: lists are united, of anything else the first stands.
 */
export function serverMetadata(services: readonly Service[]): (JsonObject & { issuer: string }) | undefined {
  const [first, ...others] = services.flatMap((service) => {
    const { issuer } = service;
    return issuer === undefined ? [] : [serviceMetadata(service, issuer)];
  });
  if (first === undefined) return undefined;
  const { issuer, ...members } = others.reduce(unite, first);
  return { issuer, response_types_supported: RESPONSE_TYPES, ...withoutEmptyLists(members) };
}

/** RFC 8414 section 3.2: a member whose list is empty is left out. */
export function withoutEmptyLists(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !Array.isArray(value) || value.length > 0));
}

type ServerMetadata = JsonObject & { issuer: string };

function serviceMetadata(service: Service, issuer: string): ServerMetadata {
  const { endpoints, tokenEndpoints, scopes = [], publicJwks } = service;
  const base = issuer.replace(/\/$/, '');
  const announced = [...tokenEndpoints, ...endpoints].flatMap(({ paths: [path = ''], metadata }) =>
    metadata === undefined ? [] : [endpointMembers(metadata, base + path)],
  );
  return announced.reduce(unite, {
    issuer,
    ...(publicJwks !== undefined && { jwks_uri: base + JWKS_PATH }),
    scopes_supported: [...scopes],
    grant_types_supported: tokenEndpoints.map(({ grantType }) => grantType),
  });
}

function endpointMembers({ name, authentication, members }: EndpointMetadata, url: string): JsonObject {
  return {
    [`${name}_endpoint`]: url,
    ...(authentication !== undefined && {
      [`${name}_endpoint_auth_methods_supported`]: [...authentication.methods],
      [`${name}_endpoint_auth_signing_alg_values_supported`]: [...authentication.signingAlgorithms],
    }),
    ...members,
  };
}

function unite(united: ServerMetadata, members: JsonObject): ServerMetadata {
  const result = { ...united };
  for (const [name, value] of Object.entries(members)) {
    const present = united[name];
    if (present === undefined) result[name] = value;
    else if (Array.isArray(present) && Array.isArray(value)) result[name] = [...new Set([...present, ...value])];
  }
  return result;
}
