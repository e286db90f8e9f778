import { randomUUID } from 'node:crypto';
import { type JsonObject } from '@mandate/ports';
import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPE, formatScope } from '@mandate/oauth';
import type { CallerAuthentication } from '@mandate/clients';
import type { EndpointRequest, EndpointResponse, Logger, Service } from '@mandate/service-kit';
import type { TokenSigner } from '@mandate/token';
import type { DecisionEntry, DecisionLog } from './decision-log.js';
import type { DelegationSettings } from './delegation-settings.js';
import { type ExchangeRequest, type ExchangeRequestSyntax, parseExchangeRequest } from './exchange-request.js';
import { decideExchange, type ExchangePorts, type ExchangeVerdict } from './exchange-token.js';
import { renderExplanation } from './explain-exchange.js';
import { refusalError } from './refusal.js';

export interface TokenExchangeCollaborators {
  callers: CallerAuthentication;
  ports: ExchangePorts;
  signer: TokenSigner;
  decisions: DecisionLog;
  settings: DelegationSettings;
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
    const jti = randomUUID();
    await decisions.record({ ...entry, issuedId: jti });
    if (verdict.verdict === 'deny') throw refusalError(verdict.reason);
    if (verdict.verdict === 'error') throw verdict.failure;
    const token = await signer.sign({ ...verdict.claims, jti });
    return { body: exchangeResponse(token, entry.request, verdict) };
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
  { callers, ports, settings, syntax, requiredScopes }: TokenExchangeCollaborators,
): Promise<DecisionEntry> {
  const started = performance.now();
  const caller = await callers.authenticate({ authorization, form, address }, requiredScopes[kind]);
  const request = parseExchangeRequest(form, syntax);
  const { transactionId, traceparent } = context;
  const callerToken = caller.bearer && authorization?.replace(/^bearer +/i, '');
  const asked = { transactionId, traceparent, signal, callerToken };
  const verdict = await decideExchange({ request, caller, settings, ports, context: asked });
  logPolicyReason(verdict, context.log);
  return { kind, caller, request, verdict, context, latencyMs: performance.now() - started };
}

/** What a policy's author says of a deny is for the log alone (TX-69). */
function logPolicyReason({ record }: ExchangeVerdict, log: Logger): void {
  const { decision, backend } = record.decision ?? {};
  if (decision?.outcome !== 'deny' || decision.reason === undefined) return;
  log.info('policy denied', { backend, rule: decision.rules.join(', '), reason: decision.reason });
}

/** RFC 8693 section 2.2.1. Never a refresh token. */
function exchangeResponse(
  token: string,
  { requestedTokenType }: ExchangeRequest,
  { scopes, expiresAt, issuedAt }: Extract<ExchangeVerdict, { verdict: 'permit' }>,
): JsonObject {
  return {
    access_token: token,
    issued_token_type: requestedTokenType,
    token_type: requestedTokenType === TOKEN_TYPE.accessToken ? 'Bearer' : 'N_A',
    expires_in: expiresAt - issuedAt,
    ...(scopes.length > 0 && { scope: formatScope(scopes) }),
  };
}
