import type { Service } from '@mandate/service-kit';
import { type IntrospectionCollaborators, introspectionEndpoint } from './introspection-endpoint.js';
import { type RevocationCollaborators, revocationEndpoint } from './revocation-endpoint.js';

export interface TokenValidationCollaborators
  extends Omit<IntrospectionCollaborators, 'requiredScope'>, Omit<RevocationCollaborators, 'requiredScope'> {
  requiredScopes: { introspect: string; revoke: string };
}

/** The routes of token-validation, over ready-made collaborators. */
export function tokenValidationRoutes({
  requiredScopes,
  ...collaborators
}: TokenValidationCollaborators): Pick<Service, 'endpoints' | 'tokenEndpoints'> {
  return {
    endpoints: [
      introspectionEndpoint({ ...collaborators, requiredScope: requiredScopes.introspect }),
      revocationEndpoint({ ...collaborators, requiredScope: requiredScopes.revoke }),
    ],
    tokenEndpoints: [],
  };
}
