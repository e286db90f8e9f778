import { OPENAM_TEST_POLICY_SET } from '@mandate/testing';

export const AM_SESSION = 'urn:mandate:token-type:am-session';

/** The variables of policies of the AM below this address. */
export const openamPolicyEnv = (url: string, realm = '') => ({
  TOKEN_EXCHANGE_POLICIES: 'openam',
  EXCHANGE_OPENAM_AUTH_URL: `${url}/json${realm}/authenticate`,
  EXCHANGE_OPENAM_AUTH_SUBJECT_ID: 'policy',
  EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD: 'Policy-pass-1',
  EXCHANGE_OPENAM_POLICY_URL: `${url}/json/realms/root/policies`,
  EXCHANGE_OPENAM_POLICY_SET_ID: OPENAM_TEST_POLICY_SET,
});

/** The variable of its sessions. */
export const openamSessionEnv = (url: string) => ({ INTROSPECTION_OPENAM_SESSION_URL: `${url}/json/sessions` });

export const OPAQUE_ISSUER = 'https://opaque.example.com';

/** The variables of the backend `jwt` that introspects at this address. */
export const introspectionEnv = (url: string) => ({
  TOKEN_EXCHANGE_POLICIES: 'jwt',
  EXCHANGE_JWT_INTROSPECT_URL: url,
  EXCHANGE_JWT_INTROSPECT_CLIENT_ID: 'exchange',
  EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET: 'introspect-secret-canary',
  EXCHANGE_JWT_INTROSPECT_ISSUER: OPAQUE_ISSUER,
});
