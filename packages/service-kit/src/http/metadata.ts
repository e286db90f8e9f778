import type { JsonObject } from '@mandate/ports';
import type { EndpointMetadata, Service } from '../service.js';

/** Where the public keys of the services are. */
export const JWKS_PATH = '/.well-known/jwks.json';

/**
 * The authorization server metadata (RFC 8414 section 2) of the services that have an issuer, told from their endpoints;
 * `undefined` where none has. One document of several: lists are united, of anything else the first stands.
 */
export function serverMetadata(services: readonly Service[]): (JsonObject & { issuer: string }) | undefined {
  const [first, ...others] = services.flatMap((service) => {
    const { issuer } = service;
    return issuer === undefined ? [] : [serviceMetadata(service, issuer)];
  });
  return first && others.reduce(unite, first);
}

type ServerMetadata = JsonObject & { issuer: string };

function serviceMetadata({ endpoints, tokenEndpoints, publicJwks }: Service, issuer: string): ServerMetadata {
  const base = issuer.replace(/\/$/, '');
  const announced = [...tokenEndpoints, ...endpoints].flatMap(({ paths: [path = ''], metadata }) =>
    metadata === undefined ? [] : [endpointMembers(metadata, base + path)],
  );
  const grantTypes = tokenEndpoints.map(({ grantType }) => grantType);
  return announced.reduce(unite, {
    issuer,
    ...(publicJwks !== undefined && { jwks_uri: base + JWKS_PATH }),
    // Required by RFC 8414; empty because there is no authorization endpoint.
    response_types_supported: [],
    ...(grantTypes.length > 0 && { grant_types_supported: grantTypes }),
  });
}

function endpointMembers({ name, authentication, members }: EndpointMetadata, url: string): JsonObject {
  const { methods, signingAlgorithms } = authentication;
  return {
    [`${name}_endpoint`]: url,
    [`${name}_endpoint_auth_methods_supported`]: [...methods],
    ...(signingAlgorithms.length > 0 && {
      [`${name}_endpoint_auth_signing_alg_values_supported`]: [...signingAlgorithms],
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
