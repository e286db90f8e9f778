import type { Client } from '@mandate/clients';
import type { BackchannelDecision } from '@mandate/delegations';
import { CERTIFICATE_CONFIRMATION, OAuthError } from '@mandate/oauth';
import { issuingError } from '@mandate/token';
import { isBound } from '@mandate/token-endpoint';
import type { IssuePersonTokens } from '../issue/person-tokens.js';
import { type AuthenticationRequest, MAX_HINT_LENGTH } from './authentication-request.js';

/**
 * Checks that what is asked can become tokens, whoever says yes and however they prove who they are: nobody agrees to
 * what cannot be issued, nor does the answer depend on whom a hint names (docs/security.md P1).
 * @throws OAuthError `invalid_authorization_details` or `invalid_request` where it cannot.
 */
export type CheckIssuable = (client: Client, parameters: AuthenticationRequest) => Promise<void>;

/** Bytes of JSON that `acr` and `amr` of an answer may have. */
const MAX_PROOF_BYTES = 2048;
/** As long in a token as any `sub` and any proof may be: JSON writes a character with six bytes at most. */
const WIDEST_SUB = 'x'.repeat(6 * MAX_HINT_LENGTH);
const WIDEST_PROOF = 'x'.repeat(MAX_PROOF_BYTES);
/** Of the length of a SHA-256. */
const SOME_DIGEST = 'x'.repeat(43);

export function createCheckIssuable({ issueTrialTokens }: { issueTrialTokens: IssuePersonTokens }): CheckIssuable {
  return async (client, { scopes, resources, agreement }) => {
    const confirmation = isBound(client) ? { [CERTIFICATE_CONFIRMATION]: SOME_DIGEST } : undefined;
    const agreed = agreement === undefined ? {} : { agreement };
    const grant = {
      grantId: SOME_DIGEST,
      sub: WIDEST_SUB,
      acr: WIDEST_PROOF,
      authTime: 0,
      scopes,
      resources,
      ...agreed,
    };
    try {
      await issueTrialTokens(grant, { client, until: agreement?.until ?? Infinity, confirmation });
    } catch (error) {
      const problem = issuingError(error);
      if (agreement === undefined || !(problem instanceof OAuthError) || problem.detail !== 'too_large') throw problem;
      const { description, detail } = problem;
      throw new OAuthError('invalid_authorization_details', description, { detail });
    }
  };
}

/** Room was left for so much of it when it was asked. @throws OAuthError `invalid_request` for a yes with more. */
export function checkProof({ approve, acr, amr }: BackchannelDecision): void {
  if (!approve || Buffer.byteLength(JSON.stringify({ acr, amr })) <= MAX_PROOF_BYTES) return;
  throw new OAuthError('invalid_request', 'The acr and amr of the answer are too large', { detail: 'proof_too_large' });
}
