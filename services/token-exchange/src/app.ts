import { randomUUID } from 'node:crypto';
import { type JsonObject } from '@mandate/ports';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPE, formatScope } from '@mandate/oauth';
import type { CallerAuthentication } from '@mandate/clients';
import type { EndpointRequest, EndpointResponse, Service } from '@mandate/service-kit';
import type { TokenSigner } from '@mandate/token';
import { decideExchange, type DelegationRules } from './exchange/decide-exchange.js';
import { type ExchangeRequestSyntax, parseExchangeRequest } from './exchange/exchange-request.js';
import type { Terms } from './exchange/question.js';
import { readExchange, type TokenReading } from './exchange/read-exchange.js';
import { type IssuedToken, renderClaims } from './issue/issued-token.js';
import type { DecisionEntry, DecisionLog } from './record/decision-log.js';
import { renderExplanation } from './record/explanation.js';
import { refusalError } from './rules/reasons.js';

export interface TokenExchangeCollaborators {
  callers: CallerAuthentication;
  rules: DelegationRules;
  reading: TokenReading;
  signer: TokenSigner;
  decisions: DecisionLog;
  syntax: ExchangeRequestSyntax;
  requiredScopes: { exchange: string; explain: string };
}

/** The routes of token-exchange, over ready-made collaborators. */
export function tokenExchangeRoutes(
  collaborators: TokenExchangeCollaborators,
): Pick<Service, 'endpoints' | 'tokenEndpoints'> {
  const { decisions, signer } = collaborators;

  const exchange = async (request: EndpointRequest): Promise<EndpointResponse> => {
    const entry = await decide('exchange', request, collaborators);
    const { verdict } = entry;
    if (verdict.verdict !== 'permit') {
      await decisions.record(entry);
      throw verdict.verdict === 'deny' ? refusalError(verdict.reason) : verdict.failure;
    }
    const jti = randomUUID();
    await decisions.record({ ...entry, issuedId: jti });
    const accessToken = await signer.sign({ ...renderClaims(verdict.token), jti });
    return { body: exchangeResponse(accessToken, entry.terms, verdict.token) };
  };

  const explain = async (request: EndpointRequest): Promise<EndpointResponse> => {
    const entry = await decide('explain', request, collaborators);
    await decisions.record(entry);
    return { body: renderExplanation(entry.verdict) };
  };

  const grantTypes = [TOKEN_EXCHANGE_GRANT];
  return {
    tokenEndpoints: ['/service/tokensts', '/oauth2/token'].map((path) => ({ path, grantTypes, handle: exchange })),
    endpoints: [{ method: 'POST', paths: ['/service/explain'], handle: explain }],
  };
}

/** Authenticates the caller, reads the request and decides: the same for exchange and explain. */
async function decide(
  kind: DecisionEntry['kind'],
  { authorization, form, address, signal, context }: EndpointRequest,
  { callers, rules, reading, syntax, requiredScopes }: TokenExchangeCollaborators,
): Promise<DecisionEntry> {
  const started = performance.now();
  const caller = await callers.authenticate({ authorization, form, address }, requiredScopes[kind]);
  const request = parseExchangeRequest(form, syntax);
  const { transactionId, traceparent } = context;
  const callerToken = caller.bearer && authorization?.replace(/^bearer +/i, '');
  const upstreamContext = { transactionId, traceparent, signal, callerToken };
  const inquiry = readExchange(request, { caller, context: upstreamContext }, reading);
  const verdict = await decideExchange(inquiry, rules);
  return { kind, caller, terms: request.terms, verdict, context, latencyMs: performance.now() - started };
}

/** RFC 8693 section 2.2.1. Never a refresh token. */
function exchangeResponse(
  token: string,
  { requestedTokenType }: Terms,
  { scopes, expiresAt, issuedAt }: IssuedToken,
): JsonObject {
  return {
    access_token: token,
    issued_token_type: requestedTokenType,
    token_type: requestedTokenType === TOKEN_TYPE.accessToken ? 'Bearer' : 'N_A',
    expires_in: expiresAt - issuedAt,
    ...(scopes.length > 0 && { scope: formatScope(scopes) }),
  };
}
