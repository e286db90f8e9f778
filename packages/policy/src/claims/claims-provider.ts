import type { JsonObject } from '@mandate/ports';
import type { PolicyContext, PolicyRequest } from '../policy-backend.js';

/** Port: who knows more of a subject than its token says. */
export interface ClaimsProvider {
  readonly name: string;
  /**
   * Claims for the token that a permitted question leads to; never one that an issuer sets itself.
   * @throws UpstreamError when there is no complete, well-formed answer: never no claims instead.
   */
  claimsFor(request: PolicyRequest, context: PolicyContext): Promise<JsonObject>;
}
