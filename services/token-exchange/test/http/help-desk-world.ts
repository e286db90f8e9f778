import { type AuthenticationStandIn, startAuthenticationStandIn, tokenReply } from './authentication-stand-in.js';
import {
  type Answer,
  type Claims,
  type ExchangeWorld,
  type FormFields,
  IMAGES,
  OWN,
  ruleAt,
  startExchangeWorld,
} from './exchange-world.js';

export const LOGIN_HINT = 'urn:mandate:token-type:login-hint';
export const PHOTOS = `${IMAGES}/photos`;

const deskRules = [
  ruleAt('desk', { patterns: [`${IMAGES}/*`], audience: IMAGES, scopes: ['read', 'write'], mayAskSubject: true }),
  ruleAt('not-asked'),
  ruleAt('one-of-two', { mayAskSubject: true }),
  ruleAt('one-of-two', { id: 'strict' }),
  { id: 'closed', patterns: ['urn:closed'], deny: true },
  ruleAt('listed', { mayAskSubject: true, allowedActors: ['carol'] }),
  ruleAt('for-alice', { mayAskSubject: true, subjects: { subs: ['alice'] } }),
  ruleAt('no-scopes', { scopes: [], mayAskSubject: true }),
];

export interface HelpDeskWorld extends ExchangeWorld {
  authentication: AuthenticationStandIn;
  /** Bob, through the gateway, wants to act for alice at the photos, unless the fields say otherwise. */
  ask(fields?: FormFields, headers?: Record<string, string>): Promise<Answer>;
  /** The same, explained. */
  explainAsking(fields?: FormFields): Promise<Answer>;
  /** Asks, and gives the `auth_req_id` of a call that has to wait. */
  authReqId(fields?: FormFields): Promise<string>;
  /** The person of the last question agrees: her token is what the next polls bring. */
  agree(claims?: Claims): void;
}

/** token-exchange with an authentication that a test speaks for. */
export async function startHelpDesk(
  env: Record<string, string> = {},
  rules: object[] = deskRules,
): Promise<HelpDeskWorld> {
  const authentication = await startAuthenticationStandIn();
  const world = await startExchangeWorld(rules, {
    CONSENT_URL: authentication.url,
    CONSENT_RATE_AGENT: '1000/1',
    CONSENT_RATE_PERSON: '1000/1',
    ...env,
  });
  const bob = world.actorFields();
  const askingFields = (fields: FormFields): FormFields => ({
    subject_token: 'alice',
    subject_token_type: LOGIN_HINT,
    resource: PHOTOS,
    ...bob,
    ...fields,
  });
  const ask: HelpDeskWorld['ask'] = (fields = {}, headers) => world.exchange(askingFields(fields), headers);
  return {
    ...world,
    authentication,
    ask,
    explainAsking: (fields = {}) => world.explain(askingFields(fields)),
    authReqId: async (fields) => {
      const { status, body } = await ask(fields);
      if (status !== 400 || body['error'] !== 'authorization_pending') throw new Error(JSON.stringify(body));
      return String(body['auth_req_id']);
    },
    agree(claims = {}) {
      const details = authentication.lastDetails();
      const token = world.token({
        iss: OWN,
        aud: [OWN, 'token-exchange'],
        client_id: 'token-exchange',
        scope: 'openid read write',
        may_act: details[0]?.['actor'],
        authorization_details: details,
        authGrantId: 'delegation-1',
        ...claims,
      });
      authentication.answerPoll(tokenReply(token));
    },
  };
}
