import {
  type ChainedActor,
  type Form,
  OAuthError,
  requiredParameter,
  requiredTokenParameter,
  singleParameter,
} from '@mandate/oauth';

/** What to revoke: one token (RFC 7009 section 2.1), its whole grant, or everything somebody had until now. */
export type RevocationRequest =
  | { kind: 'token'; token: string; grant: boolean }
  | { kind: 'subject' | 'actor'; identity: ChainedActor }
  | { kind: 'client'; clientId: string };

const CREDENTIALS = ['client_secret', 'client_assertion'];

/**
 * Reads the form. `client_id` alone names the client to cut off; beside credentials or another target it says who
 * calls. @throws OAuthError `invalid_request` when not exactly one target is named, or a parameter is repeated.
 */
export function parseRevocationRequest(form: Form): RevocationRequest {
  const [target = 'client_id', ...others] = ['token', 'subject', 'actor'].filter((name) => form.has(name));
  if (others.length > 0) throw new OAuthError('invalid_request', 'Name one of token, subject and actor');
  singleParameter(form, 'token_type_hint');
  const { grant, iss } = modifiers(form, target);
  if (target === 'token') return { kind: 'token', token: requiredTokenParameter(form, 'token'), grant };
  if (target === 'subject' || target === 'actor') {
    const sub = requiredParameter(form, target);
    return { kind: target, identity: iss === undefined ? { sub } : { iss, sub } };
  }
  if (!namesClientToRevoke(form)) throw new OAuthError('invalid_request', 'Parameter token is missing');
  return { kind: 'client', clientId: requiredParameter(form, 'client_id') };
}

/** The parameters that go with some targets only: on others they would promise what is not done. */
function modifiers(form: Form, target: string): { grant: boolean; iss: string | undefined } {
  const grant = singleParameter(form, 'grant');
  const iss = singleParameter(form, 'issuer');
  if (grant !== undefined && (target !== 'token' || !/^(true|false)$/.test(grant))) {
    throw new OAuthError('invalid_request', 'Parameter grant is true or false, and only for a token');
  }
  if (iss !== undefined && target !== 'subject' && target !== 'actor') {
    throw new OAuthError('invalid_request', 'Parameter issuer is only for a subject or an actor');
  }
  return { grant: grant === 'true', iss };
}

/** The form for client authentication, which takes a `client_id` for the caller's own. */
export function callerForm(form: Form): Form {
  if (!namesClientToRevoke(form)) return form;
  return new Map([...form].filter(([name]) => name !== 'client_id'));
}

function namesClientToRevoke(form: Form): boolean {
  return form.has('client_id') && ![...CREDENTIALS, 'token', 'subject', 'actor'].some((name) => form.has(name));
}
