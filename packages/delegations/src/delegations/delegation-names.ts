import type { Delegation, DelegationQuery, PossibleIdentity } from './delegation-store.js';

/** How many delegations a page has unless asked otherwise. */
export const PAGE_SIZE = 100;

/** The name under which the answer to a query is kept. */
export function queryName(query: DelegationQuery): string {
  if ('subject' in query) return identityName('subject', query.subject);
  if ('actor' in query) return identityName('actor', query.actor);
  return clientName(query);
}

/** Every name under which a delegation is found, the counterpart of {@link queryName}. */
export function delegationNames(delegation: Delegation): string[] {
  const { subject, actor } = delegation;
  const { sub, iss } = subject;
  const names = [identityName('subject', { sub }), identityName('subject', { sub, iss }), clientName(delegation)];
  if ('clientId' in actor) return [...new Set([...names, clientName(actor)])];
  return [...new Set([...names, identityName('actor', { sub: actor.sub }), identityName('actor', actor)])];
}

function identityName(kind: 'subject' | 'actor', { sub, iss }: PossibleIdentity): string {
  return JSON.stringify(iss === undefined ? [kind, sub] : [kind, iss, sub]);
}

function clientName({ clientId, clientIssuer }: Pick<Delegation, 'clientId' | 'clientIssuer'>): string {
  return JSON.stringify(clientIssuer === undefined ? ['client', clientId] : ['client', clientIssuer, clientId]);
}
