import { TOKEN_TYPE } from '@mandate/oauth';
import type { AskSubject } from '../consent/ask-subject.js';
import type { OpenQuestion } from '../consent/consent-handle.js';
import type { DecisionRecord, Findings } from '../record/decision-record.js';
import { checkAgreedActor } from '../rules/agreement.js';
import { type Checked, passed, refused } from '../rules/checked.js';
import { checkDeclaredType } from '../rules/declared-type.js';
import { verifyPresentedToken } from '../rules/presented-tokens.js';
import type { AssumeAnswer } from './assumed-answer.js';
import type { AskedBy, Inquiry } from './inquiry.js';
import type { LoginHintRequest } from './login-hint-request.js';
import type { Parties, Party } from './question.js';
import type { TokenReading } from './read-exchange.js';

/** Who asks people, and whose people they are. */
export interface LoginHintReading extends Pick<TokenReading, 'verifier' | 'tokenTypeCheck'> {
  desk: AskSubject;
  /** Until they have answered, the person is the login hint at this issuer. */
  subjectIssuer: string;
  assumeAnswer: AssumeAnswer;
}

/**
 * The help-desk in one call, as two questions: may this actor ask this person for that; and, once the person has
 * agreed, may it act for them. Nobody's phone rings for what policy forbids.
 */
export function readLoginHint(request: LoginHintRequest, by: AskedBy, reading: LoginHintReading): Inquiry {
  const { caller, context } = by;
  const { loginHint, authReqId, terms } = request;
  const { desk, subjectIssuer } = reading;
  return {
    origin: 'login_hint',
    caller,
    terms,
    context,
    async readParties(record) {
      const identity = { iss: subjectIssuer, sub: loginHint };
      record.pass(
        'named_subject',
        passed(() => ({ ...identity }), identity),
      );
      const actor = await readActor(request, record, reading);
      if (authReqId !== undefined) {
        const question = await desk.find(authReqId, { request, caller, actor });
        record.pass('auth_req_id', checkQuestion(question));
      }
      return { subject: { identity, claims: {}, token: undefined }, actor, received: undefined, reader: undefined };
    },
    afterPermit: (found, answer) => ({
      origin: 'login_hint',
      caller,
      terms,
      context,
      readParties: async (record) => {
        const read = answer === 'asked' ? readAnswer : assumeAgreed;
        return read({ request, by, found, record }, reading);
      },
    }),
  };
}

async function readActor(
  { actor: presented }: LoginHintRequest,
  { pass }: DecisionRecord,
  { verifier, tokenTypeCheck }: LoginHintReading,
): Promise<Party> {
  const actor = pass('actor_token', await verifyPresentedToken('actor', presented, verifier));
  if (tokenTypeCheck === 'strict') pass('actor_token_type', checkDeclaredType('actor', presented, actor));
  return actor;
}

function checkQuestion(question: OpenQuestion | undefined): Checked<OpenQuestion | undefined> {
  if (question !== undefined) return passed(() => ({}), question);
  return refused('auth_req_id_invalid', 'an auth_req_id that this caller was told for this actor, person and terms');
}

interface Answering {
  request: LoginHintRequest;
  by: AskedBy;
  /** What the question whether to ask came to. */
  found: Partial<Findings>;
  record: DecisionRecord;
}

/** @throws OAuthError `authorization_pending` while the person has not answered. */
async function readAnswer({ request, by, found, record }: Answering, reading: LoginHintReading): Promise<Parties> {
  const { pass } = record;
  const actor = await readActor(request, record, reading);
  const { asking, auth_req_id: question } = found;
  if (asking === undefined) throw new TypeError('a person is asked for something');
  const token = pass('subject_answer', await reading.desk.ask({ request, by, actor, agreement: asking, question }));
  const subject = pass('subject_token', await verifyPresentedToken('subject', { token }, reading.verifier));
  pass('agreed_actor', checkAgreedActor(subject, actor));
  return { subject, actor, received: { token, declaredType: TOKEN_TYPE.accessToken }, reader: undefined };
}

/** Explain: nobody is asked, and what would be decided if the person agreed to exactly what they would be asked. */
async function assumeAgreed({ request, found, record }: Answering, reading: LoginHintReading): Promise<Parties> {
  const { pass } = record;
  const { subjectIssuer: iss, assumeAnswer } = reading;
  const actor = await readActor(request, record, reading);
  const { asking } = found;
  if (asking === undefined) throw new TypeError('a person is asked for something');
  const subject = pass('assumed_answer', checkAssumed(assumeAnswer({ iss, sub: request.loginHint }, asking)));
  pass('agreed_actor', checkAgreedActor(subject, actor));
  return { subject, actor, received: undefined, reader: undefined };
}

function checkAssumed(subject: Party | undefined): Checked<Party> {
  if (subject === undefined) return refused('subject_token_invalid', 'the issuer of authentication to be trusted');
  const assumes = 'the person agrees to exactly what is asked, and is whom the login hint says';
  return passed(() => ({ ...subject.identity, assumes }), subject);
}
