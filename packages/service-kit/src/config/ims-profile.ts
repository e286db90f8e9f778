import type { Environment } from './config-file.js';

/** A value, or how it follows from another variable; `undefined`: it does not, and the default stands. */
export type ProfileValue = string | { from: string; value: (given: Environment) => string | undefined };

/** What the profile sets, and the variables that it takes values from, which have an effect by it. */
export interface ImsValues {
  values: Record<string, string>;
  takenFrom: string[];
}

/**
 * What `COMPATIBILITY=ims` turns on: the settings under which unmodified users of the 2018 services get the answers
 * they had (docs/migrating-from-forgerock.md). Each can be set alone, and wins over this table then.
 */
export const IMS_PROFILE: Readonly<Record<string, ProfileValue>> = {
  TOKEN_CLAIMS_PROFILE: 'ims',
  TOKEN_TYP: 'JWT',
  CLIENT_SECRET_BASIC: 'ims',
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
  INTROSPECTION_OPENAM_SESSION_URL: { from: 'EXCHANGE_OPENAM_AUTH_URL', value: sessionsOfExchange },
  INTROSPECTION_OPENAM_COOKIE_NAME: { from: 'EXCHANGE_OPENAM_COOKIE_NAME', value: cookieOfExchange },
  EXCHANGE_OPENAM_POLICY_EXPIRES_IN_SEC_ATTR: 'expiresIn',
  EXCHANGE_OPENAM_SESSION_LIFETIME_SECONDS: '3600',
};

/** Token exchange of the 2018 services asks about sessions at the AM whose policies it evaluates. */
function sessionsOfExchange({ EXCHANGE_OPENAM_AUTH_URL: url }: Environment): string | undefined {
  const [, am] = /^(.*)\/json\/(?:.*\/)?authenticate\/?$/.exec(url ?? '') ?? [];
  return am === undefined ? undefined : `${am}/json/sessions`;
}

/** That AM has one name for its sessions, whichever of its endpoints they are presented at. */
function cookieOfExchange(given: Environment): string | undefined {
  const isOther = given['INTROSPECTION_OPENAM_SESSION_URL'] !== undefined || sessionsOfExchange(given) === undefined;
  return isOther ? undefined : given['EXCHANGE_OPENAM_COOKIE_NAME'];
}

/** The variables of a schema that the profile sets, and their values; what is `given` is left alone. */
export function imsValues(names: readonly string[], given: Environment): ImsValues {
  const values: Record<string, string> = {};
  const takenFrom: string[] = [];
  for (const [name, entry] of Object.entries(IMS_PROFILE)) {
    if (!names.includes(name) || given[name] !== undefined) continue;
    const value = typeof entry === 'string' ? entry : entry.value(given);
    if (value === undefined) continue;
    values[name] = value;
    if (typeof entry !== 'string') takenFrom.push(entry.from);
  }
  return { values, takenFrom };
}
