import type { TokenVerifier } from '@mandate/token';
import { checkNamedSubject } from '../rules/act-as.js';
import { verifyPresentedToken } from '../rules/presented-tokens.js';
import type { Inquiry } from './inquiry.js';
import type { Terms } from './question.js';

/** Somebody wants to act as somebody: the assertion says who, and a name as whom. */
export interface ActAsRequest {
  assertion: string;
  name: string;
  /** Whose name it is; `undefined`: it is not configured whose names these are. */
  issuer: string | undefined;
  terms: Terms;
}

/**
 * A request to act as somebody, as a question: the subject is only named, and the actor is whom the assertion is about.
 * Nobody's token says that this is allowed, so that a rule must.
 */
export function readActAs(
  { assertion, name, issuer, terms }: ActAsRequest,
  { caller, context }: Pick<Inquiry, 'caller' | 'context'>,
  verifier: TokenVerifier,
): Inquiry {
  return {
    origin: 'act_as',
    caller,
    terms,
    context,
    async readParties({ pass }) {
      const identity = pass('named_subject', checkNamedSubject(name, issuer));
      const actor = pass('assertion', await verifyPresentedToken('assertion', { token: assertion }, verifier));
      const subject = { identity, claims: {}, token: undefined };
      return { subject, actor, received: undefined, reader: undefined };
    },
  };
}
