import { cookieName, needed } from '@mandate/composition';
import { createOpenamLogin, createOpenamPolicy } from '@mandate/openam';
import {
  choice,
  createUpstream,
  flag,
  type Runtime,
  secret,
  type Settings,
  text,
  url,
  usedWith,
} from '@mandate/service-kit';
import type { ComposedPolicy, PolicyComposition } from './composed-policy.js';
import { whereListed } from './where-listed.js';

const USE = 'TOKEN_EXCHANGE_POLICIES=openam';
const AM = 'http://localhost:8080/openam/json';
const attribute = (): ReturnType<typeof text> => text().min(1, { error: 'is empty' });

/** The variables of the `openam` backend. */
export const openamPolicyConfig = usedWith(whereListed('openam'), {
  EXCHANGE_OPENAM_AUTH_URL: url().default(`${AM}/authenticate`).describe("AM's authenticate endpoint, realm included"),
  EXCHANGE_OPENAM_AUTH_SUBJECT_ID: text().optional().describe('Account that may evaluate policies at AM'),
  EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD: secret().optional().describe('Password of that account'),
  EXCHANGE_OPENAM_POLICY_URL: url()
    .default(`${AM}/realms/root/policies`)
    .describe("AM's policies endpoint, realm included; sessions of other realms are denied"),
  EXCHANGE_OPENAM_POLICY_SET_ID: attribute().default('resource_policies').describe('Policy set that is evaluated'),
  EXCHANGE_OPENAM_COOKIE_NAME: cookieName()
    .default('iPlanetDirectoryPro')
    .describe("Name of AM's session cookie, and of the header that carries our session"),
  EXCHANGE_OPENAM_SUBJECT_FORM: choice(['jwt', 'claims', 'token'])
    .default('jwt')
    .describe('The subject sent to AM: `jwt` (verified claims, signed by us), `claims`, or `token` (as received, IMS)'),
  EXCHANGE_OPENAM_ENVIRONMENT_JWT: flag()
    .default(true)
    .describe('Send the subject token as received in `environment.jwt`, where policy scripts of IMS read it'),
  EXCHANGE_OPENAM_POLICY_AUDIENCE_ATTR: attribute().default('aud').describe('Attribute with the audiences; mandatory'),
  EXCHANGE_OPENAM_POLICY_SCOPE_ATTR: attribute().default('scp').describe('Attribute with the scopes; mandatory'),
  EXCHANGE_OPENAM_POLICY_SUBJECT_ATTR: attribute()
    .default('uid')
    .describe('Attribute with the subject; mandatory, and it must be that of the subject token'),
  EXCHANGE_OPENAM_POLICY_ALLOWED_ACTORS_ATTR: attribute()
    .default('may_act')
    .describe('Attribute with the names of who may act'),
  EXCHANGE_OPENAM_POLICY_EXPIRES_IN_SEC_ATTR: attribute()
    .optional()
    .describe('Attribute with the longest lifetime of the token in seconds'),
  EXCHANGE_OPENAM_GRANT_ATTR: attribute()
    .optional()
    .describe('Attribute with further members of a grant, each value a JSON object: `{"actAs": true}`'),
  EXCHANGE_OPENAM_POLICY_COPY_ADDITIONAL_ATTR: flag()
    .default(false)
    .describe('Whether the other attributes become claims'),
});

export type OpenamPolicySettings = Settings<typeof openamPolicyConfig>;

/** @throws ConfigError when the account is not named. AM itself may be down. */
export function composeOpenamPolicy(
  config: OpenamPolicySettings,
  runtime: Runtime,
  { signer }: Pick<PolicyComposition, 'signer'>,
): ComposedPolicy {
  const upstream = createUpstream({ name: 'policy:openam', http: runtime.http }, runtime);
  const { http } = upstream;
  const { clock } = runtime;
  const username = needed(config, 'EXCHANGE_OPENAM_AUTH_SUBJECT_ID', USE);
  const password = needed(config, 'EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD', USE);
  const backend = createOpenamPolicy({
    http,
    clock,
    signer,
    url: config.EXCHANGE_OPENAM_POLICY_URL,
    login: createOpenamLogin({ http, clock, username, password, url: config.EXCHANGE_OPENAM_AUTH_URL }),
    cookieName: config.EXCHANGE_OPENAM_COOKIE_NAME,
    policySet: config.EXCHANGE_OPENAM_POLICY_SET_ID,
    subjectForm: config.EXCHANGE_OPENAM_SUBJECT_FORM,
    environmentJwt: config.EXCHANGE_OPENAM_ENVIRONMENT_JWT,
    onUnreadable: once(() =>
      runtime.logger.warn('tokens that AM cannot read go to it signed anew', {
        variable: 'EXCHANGE_OPENAM_SUBJECT_FORM',
      }),
    ),
    attributes: {
      audience: config.EXCHANGE_OPENAM_POLICY_AUDIENCE_ATTR,
      scope: config.EXCHANGE_OPENAM_POLICY_SCOPE_ATTR,
      subject: config.EXCHANGE_OPENAM_POLICY_SUBJECT_ATTR,
      allowedActors: config.EXCHANGE_OPENAM_POLICY_ALLOWED_ACTORS_ATTR,
      expiresInSeconds: config.EXCHANGE_OPENAM_POLICY_EXPIRES_IN_SEC_ATTR,
      grant: config.EXCHANGE_OPENAM_GRANT_ATTR,
      copyAdditional: config.EXCHANGE_OPENAM_POLICY_COPY_ADDITIONAL_ATTR,
    },
  });
  return { backend, parts: [upstream.part(async () => backend.check?.())] };
}

/** The first call counts, whatever number of requests it is called for. */
function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
