import type { PolicyParty, PolicyRequest } from '../policy-backend.js';

/**
 * The `input` of a decision: `resources` and `audiences` as IMS sends them, and the verified facts around them.
 * Identities, claims and names only, never a token or a secret.
 */
export function renderOpaInput(request: PolicyRequest): object {
  const { origin, resources, audiences, scopes, chain, client } = request;
  return {
    resources,
    audiences,
    origin,
    subject: renderParty(request.subject),
    actor: request.actor && renderParty(request.actor),
    chain,
    client: { id: client.id, iss: client.iss, own: client.own, scopes: client.scopes, attributes: client.attributes },
    scopes,
    requested_token_type: request.requestedTokenType,
  };
}

function renderParty({ iss, sub, claims }: PolicyParty): object {
  return { iss, sub, claims };
}
