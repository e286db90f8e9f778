export { type OpenamIntrospectorOptions, createOpenamIntrospector, isJwtShaped } from './openam-introspector.js';
export {
  type OpenamLogin,
  type OpenamLoginOptions,
  type OpenamServiceSession,
  createOpenamLogin,
} from './openam-login.js';
export { realmContains, realmOfUrl } from './openam-realm.js';
export { type OpenamSessionVerifierOptions, createOpenamSessionVerifier } from './openam-session-verifier.js';
export {
  type OpenamSession,
  type OpenamSessionApi,
  type OpenamSessions,
  type OpenamSessionsOptions,
  createOpenamSessions,
} from './openam-sessions.js';
export { AM_SESSION_READER } from './policy/evaluate-body.js';
export type { OpenamAttributeSettings } from './policy/openam-grants.js';
export { type OpenamPolicyOptions, createOpenamPolicy } from './policy/openam-policy.js';
