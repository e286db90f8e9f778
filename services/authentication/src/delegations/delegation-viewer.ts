import { type Caller, type CallerAuthentication, clientFields } from '@mandate/clients';
import type { Delegation, DelegationQuery } from '@mandate/delegations';
import { type Identity, OAuthError, sameIdentity } from '@mandate/oauth';
import type { EndpointRequest } from '@mandate/service-kit';
import { subjectIdentityOf } from '@mandate/token';
import { checkOwnClient, checkOwnToken } from './own-token.js';

/** Who looks at delegations: an operator's client at all of them, a person at their own. */
export interface DelegationViewer {
  /** Whom a log line names as its client. */
  client: ReturnType<typeof clientFields>;
  /** Absent: everybody's. */
  person?: Identity;
  /** @throws OAuthError `insufficient_scope` for delegations of others. */
  query(filter: DelegationQuery | undefined): DelegationQuery;
  maySee(delegation: Delegation): boolean;
}

export interface DelegationScopes {
  /** Of a client, for everybody's delegations. */
  all: string;
  /** Of a person's token, for their own. */
  own: string;
}

/** @throws OAuthError 401 or 403 with its challenge, UpstreamError when it cannot be told who it is. */
export async function authenticateViewer(
  request: EndpointRequest,
  callers: CallerAuthentication,
  scopes: DelegationScopes,
): Promise<DelegationViewer> {
  const caller = await callers.authenticate(request);
  checkOwnToken(caller);
  const person = personOf(caller);
  if (person === undefined) checkOwnClient(caller);
  const requiredScope = person === undefined ? scopes.all : scopes.own;
  if (!caller.scopes.includes(requiredScope)) throw insufficientScope(requiredScope);
  return person === undefined ? viewerOfAll(caller) : viewerOfOwn(caller, person);
}

/** The person whose token it is; `undefined`: a client's. */
function personOf({ bearer, clientId }: Caller): Identity | undefined {
  if (bearer?.subject === undefined || bearer.subject === clientId) return undefined;
  return subjectIdentityOf(bearer, bearer.subject);
}

function viewerOfAll(caller: Caller): DelegationViewer {
  return {
    client: clientFields(caller),
    maySee: () => true,
    query(filter) {
      if (filter !== undefined) return filter;
      throw new OAuthError('invalid_request', 'Name one of subject, actor and client');
    },
  };
}

function viewerOfOwn(caller: Caller, person: Identity): DelegationViewer {
  const own = { subject: person };
  return {
    client: clientFields(caller),
    person,
    maySee: ({ subject }) => sameIdentity(subject, person),
    query(filter) {
      if (filter === undefined) return own;
      const { sub, iss = person.iss } = 'subject' in filter ? filter.subject : { sub: '' };
      if (sameIdentity({ sub, iss }, person)) return own;
      throw new OAuthError('access_denied', 'With their own token people see their own delegations only');
    },
  };
}

function insufficientScope(scope: string): OAuthError {
  return new OAuthError('insufficient_scope', `The caller lacks the scope ${scope}`, {
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}
