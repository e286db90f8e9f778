import { randomUUID } from 'node:crypto';
import { type TestHeader, assertionForm, signTestAssertion, signTestToken } from '@mandate/testing';
import { CIBA } from '../../end-to-end/post-form.js';
import type { PlanAnswer, PlanClient, Suite } from './plan-world.js';

/** A module changes one thing of what a good client sends. */
export interface RequestChanges {
  /** Parameters of the authentication request; `undefined` drops one. */
  parameters?: Record<string, unknown>;
  /** Claims of the request object beside them; `undefined` drops one. */
  claims?: Record<string, unknown>;
  header?: TestHeader;
  /** Whose key signs the request object. */
  signer?: PlanClient;
  /** What becomes of the signed request object. */
  spoil?: (requestObject: string) => string;
  /** The parameters stand in the form, and there is no request object. */
  isUnsigned?: boolean;
  assertion?: AssertionChanges;
}

/** The same of a client assertion. */
export interface AssertionChanges {
  claims?: Record<string, unknown>;
  /** Whose key signs it. */
  signer?: PlanClient;
  spoil?: (assertion: string) => string;
  /** Members of the form; `undefined` drops one. */
  form?: Record<string, string | undefined>;
  /** `client_id` stands there instead. */
  isMissing?: boolean;
}

/** The members of the metadata that the suite goes by. */
export interface Endpoints {
  issuer: string;
  token_endpoint: string;
  backchannel_authentication_endpoint: string;
  jwks_uri: string;
}

/** `GetDynamicServerConfiguration`. */
export async function discover({ send, config }: Suite): Promise<Endpoints & Record<string, unknown>> {
  const { body } = await send(config.server.discoveryUrl);
  return body as Endpoints & Record<string, unknown>;
}

/** Everything up to `CallBackchannelAuthenticationEndpoint`. */
export async function callBackchannel(client: PlanClient, changes: RequestChanges = {}): Promise<PlanAnswer> {
  const { suite, scope, certificate } = client;
  const { issuer, backchannel_authentication_endpoint: url } = await discover(suite);
  const { hint_type: hint, hint_value: value } = suite.config.client;
  const parameters = { scope, [hint]: value, binding_message: '1234', ...changes.parameters };
  const request = changes.isUnsigned === true ? parameters : { request: requestObject() };
  const form = asForm({ ...request, ...authenticationOf(client, url, changes.assertion) });
  return suite.send(url, { form, certificate });

  function requestObject(): string {
    const now = suite.clock();
    const standard = { iss: client.id, aud: issuer, iat: now, nbf: now, exp: now + 300, jti: randomUUID() };
    const claims = { ...parameters, ...standard, ...changes.claims };
    const token = signTestToken((changes.signer ?? client).key, claims, { typ: undefined, ...changes.header });
    return changes.spoil?.(token) ?? token;
  }
}

/** `CallTokenEndpointAndReturnFullResponse` with the CIBA grant. */
export function callToken(client: PlanClient, authReqId: string, changes?: AssertionChanges): Promise<PlanAnswer> {
  return postToken(client, { grant_type: CIBA, auth_req_id: authReqId }, changes);
}

/** The same with the refresh token grant. */
export function callRefresh(client: PlanClient, form: Record<string, string>): Promise<PlanAnswer> {
  return postToken(client, { grant_type: 'refresh_token', ...form });
}

async function postToken(
  client: PlanClient,
  grant: Record<string, string>,
  changes?: AssertionChanges,
): Promise<PlanAnswer> {
  const { suite, certificate } = client;
  const { token_endpoint: url } = await discover(suite);
  return suite.send(url, { form: asForm({ ...grant, ...authenticationOf(client, url, changes) }), certificate });
}

/** `CreateClientAuthenticationAssertionClaims` to `AddClientAssertionToRequest`; `aud` as the suite has it there. */
function authenticationOf(
  client: PlanClient,
  aud: string,
  { claims, signer = client, spoil, form = {}, isMissing }: AssertionChanges = {},
): Record<string, string | undefined> {
  if (isMissing === true) return { client_id: client.id };
  const terms = { clientId: client.id, audience: aud, now: client.suite.clock() };
  const assertion = signTestAssertion(signer.key, terms, claims && { claims });
  return { ...assertionForm(spoil?.(assertion) ?? assertion), ...form };
}

/** `AddAlgorithmAsRS256`, `ChangeClientJwksAlgToRS256`: the same key signs with another algorithm. */
export function withRs256({ key, ...client }: PlanClient): PlanClient {
  return { ...client, key: { ...key, alg: 'RS256' } };
}

/** `SerializeRequestObjectWithNullAlgorithm`, `CreateUnsecuredClientAuthenticationAssertion`. */
export function unsecuredJws(jws: string): string {
  return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${jws.split('.')[1]}.`;
}

/** `InvalidateRequestObjectSignature`, `InvalidateClientAssertionSignature`: each byte is another. */
export function withInvalidSignature(jws: string): string {
  const [header, payload, signature = ''] = jws.split('.');
  const invalidSignature = Buffer.from(signature, 'base64url').map((byte) => byte ^ 0x5a);
  return `${header}.${payload}.${Buffer.from(invalidSignature).toString('base64url')}`;
}

function asForm(members: Record<string, unknown>): Record<string, string> {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, String(value)]));
}
