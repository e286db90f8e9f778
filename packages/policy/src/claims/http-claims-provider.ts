import * as z from 'zod';
import { type HttpClient, parseJsonAnswer, traceHeaders, UpstreamError } from '@mandate/ports';
import { grantedClaims } from '../grant-members.js';
import type { PolicyRequest } from '../policy-backend.js';
import type { ClaimsProvider } from './claims-provider.js';

export interface HttpClaimsProviderOptions {
  http: HttpClient;
  url: string;
  /** Bounds the whole answer, milliseconds. */
  timeoutMs: number;
}

const NAME = 'claims provider';
/** Largest answer read, in bytes. */
const MAX_ANSWER_BYTES = 65_536;

/** `may_act` is the subject's word, or the policy's: no provider gives it. */
const answer = z.strictObject({
  claims: grantedClaims.refine((claims) => !Object.hasOwn(claims, 'may_act'), { message: 'has may_act' }),
});

/** A provider that is asked over HTTP: `{subject, actor, chain, client, targets}` -> `{"claims": {...}}`. Never a token. */
export function createHttpClaimsProvider({ http, url, timeoutMs }: HttpClaimsProviderOptions): ClaimsProvider {
  return {
    name: NAME,
    async claimsFor(request, context) {
      const { status, body } = await http.send({
        method: 'POST',
        repeatable: true,
        url,
        body: JSON.stringify(questionOf(request)),
        signal: context.signal(),
        timeoutMs,
        maxResponseBytes: MAX_ANSWER_BYTES,
        headers: {
          'Content-Type': 'application/json',
          ...traceHeaders(context),
        },
      });
      if (status !== 200) throw new UpstreamError(NAME, 'status', `status ${status}`);
      const result = answer.safeParse(parseJsonAnswer(NAME, body));
      if (result.success) return result.data.claims;
      throw new UpstreamError(
        NAME,
        'malformed',
        'the answer is not {"claims"}, or has a claim that an issuer sets itself',
      );
    },
  };
}

/** What a provider is told: verified identities and claims. */
export function questionOf(
  request: Pick<PolicyRequest, 'subject' | 'actor' | 'chain' | 'client' | 'resources' | 'audiences'>,
): object {
  const { subject, actor, chain, client, resources, audiences } = request;
  return { subject, actor, chain, client, targets: [...resources, ...audiences] };
}
