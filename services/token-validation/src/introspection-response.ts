import type { Clock, JsonObject } from '@mandate/ports';
import type { EndpointResponse } from '@mandate/service-kit';
import type { Introspection, TokenSigner } from '@mandate/token';

const INTROSPECTION_JWT = 'application/token-introspection+jwt';

/** Renders an answer for the caller, as JSON or, where it asks and there is a key, as a signed JWT. */
export type RenderIntrospection = (
  answer: Introspection,
  request: { accept: string | undefined; clientId: string },
) => Promise<EndpointResponse>;

/** Who signs answers, under which issuer and with which algorithm. */
export interface AnswerSigning {
  signer: TokenSigner;
  issuer: string;
  algorithm: string;
}

export interface ResponseOptions {
  /** Without it every answer is JSON. */
  signing: AnswerSigning | undefined;
  clock: Clock;
}

export function createRenderIntrospection({ signing, clock }: ResponseOptions): RenderIntrospection {
  return async (answer, { accept, clientId }) => {
    const body = introspectionBody(answer);
    if (signing === undefined || !acceptsJwt(accept)) return { body, headers: { Vary: 'Accept' } };
    // RFC 9701 section 5: no `sub` and no `exp` beside it, so that it never passes for an access token.
    const claims = { iss: signing.issuer, aud: clientId, iat: clock(), token_introspection: body };
    const jwt = await signing.signer.sign(claims, { typ: 'token-introspection+jwt' });
    return { body: jwt, contentType: INTROSPECTION_JWT, headers: { Vary: 'Accept' } };
  };
}

/** RFC 7662 section 2.2: an inactive token is `{"active":false}` and nothing else, whatever the reason. */
function introspectionBody(answer: Introspection): JsonObject {
  return answer.outcome === 'active' ? { active: true, ...answer.claims } : { active: false };
}

/** Whether an `Accept` header names the signed form, and not as unwanted (`q=0`); a wildcard means JSON. */
function acceptsJwt(accept = ''): boolean {
  return accept.split(',').some((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === INTROSPECTION_JWT && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
