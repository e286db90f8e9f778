import { describe, expect, it } from '@jest/globals';
import { FIRST_CERTIFICATE } from '@mandate/testing';
import { type Reason, refusalError } from '../../src/rules/reasons.js';
import {
  type Answer,
  BATCH,
  checksOf,
  credentialsOf,
  type FormFields,
  GATEWAY,
  IMAGES,
  JWT,
  JWT_BEARER,
  OWN,
  startExchangeWorld,
} from './exchange-world.js';
import { requestsOf, rules } from './refusal-world.js';

const CERTIFICATE = { 'Client-Cert': `:${FIRST_CERTIFICATE}:` };
const env = { TRUSTED_PROXIES: '127.0.0.1,::1', CLIENT_CERTIFICATE_HEADER: 'Client-Cert' };
const world = await startExchangeWorld(rules, env);
const bearerOf = (clientId: string, scope: string) => ({
  authorization: `Bearer ${world.token({ iss: OWN, sub: clientId, client_id: clientId, aud: OWN, scope })}`,
});
const { consent, bob } = requestsOf(world);
const actAs = requestsOf(world, 'act_as');

/** Whoever may explain: nobody else is told anything. */
const callers: [string, Record<string, string>][] = [
  ['a client with both scopes', GATEWAY],
  ['a client that names its people', BATCH],
  ['a client without the scope of the exchange', credentialsOf('explainer')],
  ['a client whose grant types leave exchanges out', credentialsOf('no-exchange')],
  ['a token of such a client', bearerOf('no-exchange', 'exchange explain')],
  ['a token with both scopes', bearerOf('gateway', 'exchange explain')],
  ['a token without the scope of the exchange', bearerOf('gateway', 'explain')],
  ['a client whose tokens are bound, without its certificate', credentialsOf('bound')],
  ['a client whose tokens are bound, with its certificate', { ...credentialsOf('bound'), ...CERTIFICATE }],
  ['a client with default targets', credentialsOf('untargeted')],
];
const byAssertion = { grant_type: JWT_BEARER, subject_token: undefined, subject_token_type: undefined };
const usedAssertion = world.clientAssertion();
await world.assert({ assertion: usedAssertion }, BATCH);
const requests: [string, () => FormFields][] = [
  ['an impersonation', () => ({})],
  ['a delegation', () => ({ ...consent(), ...bob() })],
  ['an actor that nobody allows', () => bob()],
  ['no target', () => ({ resource: undefined })],
  ['a target that no rule has', () => ({ resource: 'urn:unknown' })],
  ['an audience', () => ({ resource: undefined, audience: IMAGES })],
  ['one target of several that is not allowed', () => ({ resource: [`${IMAGES}/photos`, 'urn:unknown'] })],
  ['a target that is denied', () => ({ resource: 'https://closed.example.com/' })],
  ['more scope than there is', () => ({ scope: 'admin' })],
  ['another type of token', () => ({ requested_token_type: JWT })],
  ['a type of token that there is not', () => ({ requested_token_type: 'urn:x' })],
  ['an expired subject token', () => ({ subject_token: world.token({ exp: 1 }) })],
  ['a user assertion', () => ({ ...byAssertion, assertion: world.token() })],
  ['somebody to act as', () => actAs.bob()],
  ['somebody to act as, where no rule says so', () => ({ ...actAs.bob(), resource: `${IMAGES}/photos` })],
  ['an assertion that the client made', () => ({ ...byAssertion, assertion: world.clientAssertion() })],
  ['an assertion that was used before', () => ({ ...byAssertion, assertion: usedAssertion })],
  ['another grant', () => ({ grant_type: 'client_credentials' })],
];

/** What the token endpoint says of whoever may not use it at all. */
const OF_THE_CALLER: readonly unknown[] = ['insufficient_scope', 'unauthorized_client'];

/** The verdict that an answer of the token endpoint is, with the error of a refusal. */
function ofExchange({ status, body }: Answer): unknown[] {
  if (status === 200) return ['permit'];
  return status === 503 ? ['error'] : ['deny', body['error']];
}

function ofExplain({ status, body }: Answer, fields: FormFields): unknown[] {
  if (status !== 200) return ['deny', body['error']];
  if (body['verdict'] !== 'deny') return [body['verdict']];
  const origin = fields['grant_type'] !== JWT_BEARER ? 'token_exchange' : 'user_assertion';
  return ['deny', refusalError(body['reason'] as Reason, { origin }).code];
}

describe('explain says what the exchange does (docs/delegation.md section 7)', () => {
  it.each(callers)('to %s', async (_name, headers) => {
    const outcomes = new Map<string, unknown[][]>();
    for (const [name, fieldsOf] of requests) {
      const fields = fieldsOf();
      const explanation = await world.explain(fields, headers);
      outcomes.set(name, [ofExplain(explanation, fields), ofExchange(await world.exchange(fields, headers))]);
      // What is no request of a grant is told as such, whoever sends it; the exchange says first what the sender lacks.
      const exchange = outcomes.get(name)?.[1] ?? [];
      if (explanation.status === 400 && OF_THE_CALLER.includes(exchange[1])) {
        outcomes.get(name)?.forEach((outcome) => outcome.splice(1));
      }
    }
    const exchanged = [...outcomes].map(([name, [, exchange]]) => [name, exchange]);
    expect([...outcomes].map(([name, [explain]]) => [name, explain])).toEqual(exchanged);
  });

  it('and permits, and refuses, most of it to the client that may do everything', async () => {
    const verdicts = await Promise.all(requests.map(async ([, fields]) => ofExchange(await world.exchange(fields()))));
    expect(verdicts.filter(([verdict]) => verdict === 'permit').length).toBeGreaterThan(4);
    expect(verdicts.filter(([verdict]) => verdict === 'deny').length).toBeGreaterThan(4);
  });
});

describe('what a caller may not do at all', () => {
  const refuses = async (reason: string, headers: Record<string, string>, needs: string): Promise<void> => {
    const permitted = await world.explain({}, headers);
    expect(permitted.body).toMatchObject({ verdict: 'deny', reason, needs: [needs] });
    expect(permitted.body).not.toHaveProperty('claims');
    const [caller, ...others] = checksOf(permitted);
    expect(caller).toMatchObject({ check: 'caller', outcome: 'fail', reason });
    expect(others.map(({ outcome }) => outcome)).not.toContain('fail');
    const denied = await world.explain({ resource: 'urn:unknown' }, headers);
    expect(denied.body).toMatchObject({ verdict: 'deny', reason, needs: [needs, expect.any(String)] });
    const events = world.events().slice(-2);
    expect(events).toMatchObject([reason, reason].map((code) => ({ event: 'explain', verdict: 'deny', reason: code })));
  };

  it('caller_lacks_scope: the scope of the exchange, and the rules are told all the same', async () => {
    const needs = 'the caller to have the scope exchange';
    await refuses('caller_lacks_scope', credentialsOf('explainer'), needs);
    await refuses('caller_lacks_scope', bearerOf('gateway', 'explain'), needs);
  });

  it('grant_type_not_allowed: a grant that its record leaves out', async () => {
    const needs = 'urn:ietf:params:oauth:grant-type:token-exchange among the grant types of the client';
    await refuses('grant_type_not_allowed', credentialsOf('no-exchange'), needs);
  });

  it('certificate_missing: a token that would be bound to a certificate that it does not show', async () => {
    const needs = 'the client to show the certificate that its tokens are bound to';
    await refuses('certificate_missing', credentialsOf('bound'), needs);
  });
});
