import * as z from 'zod';
import { OAuthError, type OAuthErrorCode, errorDescription, isScopeToken, parseScope } from '@mandate/oauth';
import { type JsonValue, UpstreamError } from '@mandate/ports';
import { jwsIdentifier, parseCompactJws, tokenIdentifier } from '@mandate/token';
import type { GrantedToken } from '@mandate/token-endpoint';

export const ACT_AS_DEPENDENCY = 'act-as exchange';

const grantedBody = z.object({
  access_token: z.string().min(1),
  token_type: z.enum(['Bearer', 'N_A']),
  expires_in: z.int().positive(),
  // what is wrong with it is token-exchange's, not the client's
  scope: z
    .string()
    .default('')
    .refine((scope) => scope.split(' ').every((one) => one === '' || isScopeToken(one))),
  issued_token_type: z.string(),
});

/** Refusals that are about what the client asked for, and so are the client's to read. */
const RELAYED_ERRORS = [
  'invalid_request',
  'invalid_grant',
  'invalid_scope',
  'invalid_target',
  'unauthorized_client',
] as const satisfies readonly OAuthErrorCode[];

const refusedBody = z.object({ error: z.enum(RELAYED_ERRORS), error_description: z.string().default('') });

/** The token that token-exchange gave. @throws UpstreamError for any other answer. */
export function readGrantedToken(body: JsonValue | undefined): GrantedToken {
  const result = grantedBody.safeParse(body);
  if (!result.success) throw new UpstreamError(ACT_AS_DEPENDENCY, 'malformed', 'no token response');
  const { access_token: token, token_type: tokenType, expires_in: expiresIn, scope, issued_token_type } = result.data;
  return {
    token,
    tokenId: idOf(token),
    tokenType,
    expiresIn,
    scopes: parseScope(scope),
    members: { issued_token_type },
  };
}

/**
 * What a refusal of token-exchange is to the client. What is between the two services, a caller that is not accepted
 * for instance, says nothing about the client, and is a failure.
 */
export function refusalOf(status: number, body: JsonValue | undefined): OAuthError | UpstreamError {
  const result = refusedBody.safeParse(body);
  if (status !== 400 || !result.success) return new UpstreamError(ACT_AS_DEPENDENCY, 'refused', `status ${status}`);
  return new OAuthError(result.data.error, errorDescription(result.data.error_description), {
    detail: 'refused by token-exchange',
  });
}

function idOf(token: string): string {
  const result = parseCompactJws(token);
  return result.ok ? jwsIdentifier(result.jws) : tokenIdentifier(token, { issuer: '', jwtId: undefined });
}
