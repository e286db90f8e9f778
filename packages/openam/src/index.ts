export { createOpenamIntrospector, isJwtShaped } from './openam-introspector.js';
export { createOpenamLogin } from './openam-login.js';
export { createOpenamSessionVerifier } from './openam-session-verifier.js';
export { type OpenamSessionApi, type OpenamSessions, createOpenamSessions } from './openam-sessions.js';
export { AM_SESSION_READER } from './policy/evaluate-body.js';
export { createOpenamPolicy } from './policy/openam-policy.js';
