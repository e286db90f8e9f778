import type { Delegation } from '@mandate/delegations';
import type { JsonObject } from '@mandate/ports';

/** A delegation on the wire. Times are epoch seconds; `actor` names an identity, or a client of ours. */
export function renderDelegation(delegation: Delegation): JsonObject {
  const { id, subject, actor, clientId, clientIssuer, scopes, locations, purpose, created, until, uses, used } =
    delegation;
  return {
    id,
    subject: { ...subject },
    actor: 'clientId' in actor ? { client_id: actor.clientId } : { ...actor },
    client_id: clientId,
    ...(clientIssuer !== undefined && { client_iss: clientIssuer }),
    scopes: [...scopes],
    locations: [...locations],
    ...(purpose !== undefined && { purpose }),
    created,
    until,
    ...(uses !== undefined && { uses, used }),
    origin: delegation.origin,
    ...(delegation.ended !== undefined && { ended: delegation.ended }),
  };
}
