import { randomUUID } from 'node:crypto';
import { type TestHeader, assertionForm, signTestAssertion, signTestToken } from '@mandate/testing';
import type { Plan, PlanAnswer, PlanClient } from './plan-world.js';

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
export async function discover({ send, config }: Plan): Promise<Endpoints & Record<string, unknown>> {
  const { body } = await send(config.server.discoveryUrl);
  return body as Endpoints & Record<string, unknown>;
}

/** Everything up to `CallBackchannelAuthenticationEndpoint`. */
export async function callBackchannel(
  plan: Plan,
  client: PlanClient,
  changes: RequestChanges = {},
): Promise<PlanAnswer> {
  const { issuer, backchannel_authentication_endpoint: url } = await discover(plan);
  const { hint_type: hint, hint_value: value } = plan.config.client;
  const parameters = { scope: client.scope, [hint]: value, binding_message: '1234', ...changes.parameters };
  const request = changes.isUnsigned === true ? asForm(parameters) : { request: requestObject(issuer, parameters) };
  const form = { ...request, ...authenticationOf(plan, client, { aud: url, ...changes.assertion }) };
  return plan.send(url, { form, certificate: client.certificate });

  function requestObject(aud: string, given: Record<string, unknown>): string {
    const now = plan.clock();
    const standard = { iss: client.id, aud, iat: now, nbf: now, exp: now + 300, jti: randomUUID() };
    const claims = { ...given, ...standard, ...changes.claims };
    const signed = signTestToken((changes.signer ?? client).key, claims, { typ: undefined, ...changes.header });
    return changes.spoil?.(signed) ?? signed;
  }
}

/** `CallTokenEndpointAndReturnFullResponse` with the CIBA grant. */
export async function callToken(
  plan: Plan,
  client: PlanClient,
  authReqId: string,
  { certificate = client.certificate, ...changes }: AssertionChanges & { certificate?: string | 'none' } = {},
): Promise<PlanAnswer> {
  const grant = { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: authReqId };
  return postToken(plan, client, grant, { certificate, ...changes });
}

/** The same with the refresh token grant. */
export function callRefresh(plan: Plan, client: PlanClient, form: Record<string, string>): Promise<PlanAnswer> {
  return postToken(plan, client, { grant_type: 'refresh_token', ...form }, { certificate: client.certificate });
}

async function postToken(
  plan: Plan,
  client: PlanClient,
  grant: Record<string, string>,
  { certificate, ...changes }: AssertionChanges & { certificate: string | 'none' },
): Promise<PlanAnswer> {
  const { token_endpoint: url } = await discover(plan);
  const form = { ...grant, ...authenticationOf(plan, client, { aud: url, ...changes }) };
  return plan.send(url, { form, certificate: certificate === 'none' ? undefined : certificate });
}

/** `CreateClientAuthenticationAssertionClaims` to `AddClientAssertionToRequest`; `aud` as the suite has it there. */
function authenticationOf(
  { clock }: Plan,
  client: PlanClient,
  { aud, claims, signer = client, spoil, form = {}, isMissing }: AssertionChanges & { aud: string },
): Record<string, string> {
  if (isMissing === true) return { client_id: client.id };
  const asserted = { clientId: client.id, audience: aud, now: clock() };
  const assertion = signTestAssertion(signer.key, asserted, claims && { claims });
  return asForm({ ...assertionForm(spoil?.(assertion) ?? assertion), ...form });
}

/** `AddAlgorithmAsRS256`, `ChangeClientJwksAlgToRS256`: the same key signs with another algorithm. */
export function withRs256({ key, ...client }: PlanClient): PlanClient {
  return { ...client, key: { ...key, alg: 'RS256' } };
}

/** `SerializeRequestObjectWithNullAlgorithm`, `CreateUnsecuredClientAuthenticationAssertion`. */
export function unsecured(jws: string): string {
  return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${jws.split('.')[1]}.`;
}

/** `InvalidateRequestObjectSignature`, `InvalidateClientAssertionSignature`: each byte is another. */
export function withInvalidSignature(jws: string): string {
  const [header, payload, signature = ''] = jws.split('.');
  const flipped = Buffer.from(signature, 'base64url').map((byte) => byte ^ 0x5a);
  return `${header}.${payload}.${Buffer.from(flipped).toString('base64url')}`;
}

function asForm(members: Record<string, unknown>): Record<string, string> {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, String(value)]));
}
