import { type Clock, type HttpClient, type JsonValue, traceHeaders } from '@mandate/ports';
import { askAsSession, openamError, type OpenamAnswer, unexpectedStatus } from '../openam-request.js';
import { askWithSession, type OpenamLogin, type OpenamServiceSession } from '../openam-login.js';
import { personIssuers, realmContains, realmOfUrl } from '../openam-realm.js';
import { type TokenSigner } from '@mandate/token';
import type { PolicyBackend, PolicyContext, PolicyDecision, PolicyRequest } from '@mandate/policy';
import { AM_SESSION_READER, evaluateBody, type OpenamQuestion, type OpenamQuestionSettings } from './evaluate-body.js';
import { grantsOf, type OpenamAttributeSettings } from './openam-grants.js';
import { type OpenamDecision, readOpenamDecisions } from './read-decisions.js';
import { isComparedExactly } from './resource-form.js';

export interface OpenamPolicyOptions extends OpenamQuestionSettings {
  http: HttpClient;
  login: OpenamLogin;
  /** Signs the subject of the form `jwt`, so that no header or signature of somebody else's reaches AM. */
  signer: TokenSigner;
  clock: Clock;
  /** The `policies` endpoint, realm included. */
  url: string;
  /** The header that carries our session. */
  cookieName: string;
  attributes: OpenamAttributeSettings;
}

/** AM's policy REST service as a backend (docs/openam.md). */
export function createOpenamPolicy(options: OpenamPolicyOptions): PolicyBackend {
  const { policySet, url, attributes: settings, clock } = options;
  const realm = realmOfUrl(url) ?? '/';
  const actorIssuers = personIssuers(url, realm);
  return {
    name: 'openam',
    async decide(request, context) {
      const targets = [...new Set([...request.resources, ...request.audiences])];
      if (targets.length === 0) return { outcome: 'not_applicable', uncovered: [] };
      // AM takes a session of any realm and judges it by this realm's policies.
      if (context.subjectToken?.readBy === AM_SESSION_READER && request.subject.claims['realm'] !== realm) {
        return { outcome: 'deny', rules: [policySet], reason: 'session_of_another_realm' };
      }
      const answer = await evaluate(options, { request, context, targets, realm });
      const decisions = readOpenamDecisions(answer, targets);
      const refusal = refusalOf(decisions, policySet);
      if (refusal !== undefined) return refusal;
      const { subject, grants } = grantsOf(decisions, { settings, actorIssuers, now: clock() });
      if (isSameSubject(subject, request, context)) return { outcome: 'permit', rules: [policySet], grants };
      return { outcome: 'deny', rules: [policySet], reason: 'policy_of_another_subject' };
    },
    async check() {
      await options.login.session();
    },
  };
}

async function evaluate(
  options: OpenamPolicyOptions,
  question: OpenamQuestion & { realm: string },
): Promise<JsonValue | undefined> {
  const { http, login, signer, url, cookieName } = options;
  const { context, realm } = question;
  const body = JSON.stringify(await evaluateBody(question, options, signer));
  const headers = traceHeaders(context);
  const request = { url, action: 'evaluate', cookieName, version: '2.1', body, headers, signal: context.signal() };
  const ask = async (session: OpenamServiceSession): Promise<OpenamAnswer> => {
    if (session.realm !== undefined && !realmContains(session.realm, realm)) {
      throw openamError('refused', 'our session is of a realm beside that of the policies');
    }
    return askAsSession(http, { ...request, session: session.tokenId });
  };
  const answer = await askWithSession(login, ask);
  if (answer.status === 200) return answer.body;
  // A question that AM cannot read, a session that has ended meanwhile among them, says nothing about AM's health.
  throw answer.status === 400 ? openamError('refused', '400') : unexpectedStatus(answer.status);
}

/** Any deny is final, whatever else was asked; every target must be permitted. */
function refusalOf(decisions: readonly OpenamDecision[], policySet: string): PolicyDecision | undefined {
  if (decisions.some(({ verdict }) => verdict === 'deny')) return { outcome: 'deny', rules: [policySet] };
  const notApplicable = decisions.filter(
    ({ verdict, resource }) => verdict === 'not_applicable' || !isComparedExactly(resource),
  );
  if (notApplicable.length === 0) return undefined;
  return { outcome: 'not_applicable', uncovered: notApplicable.map(({ resource }) => resource) };
}

/** The issued token is about whom the subject token is about: a policy that names somebody else does not allow it. */
function isSameSubject(name: string, { subject }: PolicyRequest, { subjectToken }: PolicyContext): boolean {
  // AM does not tell the case of user ids apart, and a session's identity is in lower case for it.
  return subjectToken?.readBy === AM_SESSION_READER ? name.toLowerCase() === subject.sub : name === subject.sub;
}
