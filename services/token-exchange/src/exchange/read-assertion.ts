import type { Caller, Client, DefaultTarget } from '@mandate/clients';
import { type Form, type ResourceSyntax, OAuthError, requiredTokenParameter } from '@mandate/oauth';
import { type IssuerKeys, type TokenVerifier, parseCompactJws } from '@mandate/token';
import type { DecisionRecord } from '../record/decision-record.js';
import * as assertions from '../rules/assertion.js';
import { passed } from '../rules/checked.js';
import { verifyPresentedToken } from '../rules/presented-tokens.js';
import type { ClientAssertions } from './client-assertions.js';
import type { Inquiry } from './inquiry.js';
import type { Party, Terms } from './question.js';
import { parseTerms } from './terms.js';

/** A user assertion (RFC 7521 section 4.1). */
export interface AssertionRequest {
  assertion: string;
  terms: Terms;
}

/** Who knows whether an assertion is good. */
export interface AssertionReading {
  verifier: TokenVerifier;
  issuers: Pick<IssuerKeys, 'keysFor'>;
  /** What this service is called in `aud`, its issuer first. */
  audience: readonly string[];
  /** Whose the people are that clients assert; `undefined`: clients assert nobody. */
  subjectIssuer: string | undefined;
  clientAssertions: ClientAssertions | undefined;
}

const OF_AN_EXCHANGE = ['subject_token', 'actor_token'];

/** @throws OAuthError `invalid_request`, `invalid_target` or `invalid_scope`. */
export function parseAssertionRequest(
  form: Form,
  syntax: ResourceSyntax,
  defaultTargets: readonly DefaultTarget[],
): AssertionRequest {
  const misplaced = OF_AN_EXCHANGE.find((name) => form.has(name));
  if (misplaced !== undefined) {
    throw new OAuthError('invalid_request', `Parameter ${misplaced} belongs to a token exchange, not to an assertion`);
  }
  return { assertion: requiredTokenParameter(form, 'assertion'), terms: parseTerms(form, syntax, defaultTargets) };
}

/** A user assertion as a question: the subject is whom it asserts, and the calling client acts. */
export function readUserAssertion(
  { assertion, terms }: AssertionRequest,
  { caller, context }: Pick<Inquiry, 'caller' | 'context'>,
  reading: AssertionReading,
): Inquiry {
  const client = assertingClient(assertion, caller, reading.issuers);
  const { clientAssertions } = reading;
  return {
    origin: 'user_assertion',
    caller,
    terms,
    context,
    async readParties(record) {
      const asserted = { assertion, caller, record };
      const subject = client
        ? await readClientAssertion(asserted, client, reading)
        : await readIssuerAssertion(asserted, reading);
      record.pass('assertion_audience', assertions.checkAssertionAudience(subject, { caller, ...reading }));
      return { subject, actor: undefined, received: undefined, reader: undefined };
    },
    async useUp({ subject: { token } }, use) {
      if (client === undefined || token === undefined || clientAssertions === undefined) return passed();
      return clientAssertions.useUp(token, caller, use);
    },
  };
}

interface Asserted {
  assertion: string;
  caller: Caller;
  record: DecisionRecord;
}

async function readIssuerAssertion(
  { assertion, record: { pass } }: Asserted,
  { verifier }: AssertionReading,
): Promise<Party> {
  const subject = pass('assertion', await verifyPresentedToken('assertion', { token: assertion }, verifier));
  pass('assertion_issuer', assertions.checkAssertionIssuer(subject));
  return subject;
}

async function readClientAssertion(
  { assertion, caller, record: { pass } }: Asserted,
  client: Client,
  { subjectIssuer: configured, clientAssertions }: AssertionReading,
): Promise<Party> {
  const issuer = clientAssertions === undefined ? undefined : configured;
  const { subjectIssuer } = pass('asserting_client', assertions.checkAssertingClient(caller, issuer));
  const verifier = clientAssertions?.verifierFor(client) ?? NO_VERIFIER;
  const asserted = pass('assertion', await verifyPresentedToken('assertion', { token: assertion }, verifier));
  if (asserted.token) pass('assertion_terms', assertions.checkAssertionTerms(asserted.token));
  return pass('asserted_subject', assertions.checkAssertedSubject(asserted, caller, subjectIssuer));
}

const NO_VERIFIER: TokenVerifier = { verify: () => Promise.resolve({ ok: false, reason: 'unknown_issuer' }) };

/** The calling client, where it made the assertion itself. A trusted issuer of the same name comes first. */
function assertingClient(
  assertion: string,
  { client, clientId }: Caller,
  issuers: AssertionReading['issuers'],
): Client | undefined {
  const parsed = parseCompactJws(assertion);
  const iss = parsed.ok ? parsed.jws.claims['iss'] : undefined;
  return iss === clientId && issuers.keysFor(clientId) === undefined ? client : undefined;
}
