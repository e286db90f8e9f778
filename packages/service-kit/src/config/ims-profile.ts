import type { Environment } from './config-file.js';

/** A value, or how it follows from what is set; `undefined`: it does not, and the default stands. */
export type ProfileValue = string | ((given: Environment) => string | undefined);

/**
 * What `COMPATIBILITY=ims` turns on: the settings under which unmodified users of the 2018 services get the answers
 * they had (docs/migrating-from-forgerock.md). Each can be set alone, and wins over this table then.
 */
export const IMS_PROFILE: Readonly<Record<string, ProfileValue>> = {
  TOKEN_CLAIMS_PROFILE: 'ims',
  TOKEN_TYP: 'JWT',
  TOKEN_TYPE_CHECK: 'ims',
  ACTOR_TOKEN_BINDING: 'ims',
  SUBJECT_AUDIENCE_CHECK: 'false',
  CALLER_AUDIENCE_CHECK: 'off',
  EXCHANGE_SCOPE_CEILING: 'policy',
  EXCHANGE_SEVERAL_TARGETS: 'union',
  EXCHANGE_POLICY_SYNTAX: 'ims',
  DEFAULT_ACTOR_ISSUERS: '*',
  ISSUER_JWK_OPENID_TRUST: 'ims',
  JWT_POLICY_N_A: 'true',
  JWT_POLICY_ACTOR: 'any',
  INTROSPECTION_OPENAM_SESSION_URL: sessionsOfExchange,
  EXCHANGE_OPENAM_SESSION_LIFETIME_SECONDS: '3600',
};

/** Token exchange of the 2018 services asks about sessions at the AM whose policies it evaluates. */
function sessionsOfExchange({ EXCHANGE_OPENAM_AUTH_URL: url }: Environment): string | undefined {
  const [, am] = /^(.*)\/json\/(?:.*\/)?authenticate\/?$/.exec(url ?? '') ?? [];
  return am === undefined ? undefined : `${am}/json/sessions`;
}

/** The variables of a schema that the profile sets, and their values; what is `given` is left alone. */
export function imsValues(names: readonly string[], given: Environment): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, entry] of Object.entries(IMS_PROFILE)) {
    if (!names.includes(name) || given[name] !== undefined) continue;
    const value = typeof entry === 'string' ? entry : entry(given);
    if (value !== undefined) values[name] = value;
  }
  return values;
}
