import * as z from 'zod';
import { type JsonObject, type JsonValue } from '@mandate/ports';
import type { DelegationMembers } from './policy-backend.js';
import {
  type NamedIdentity,
  REGISTERED_CLAIMS,
  additionalClaims,
  isScopeToken,
  parseNamedIdentity,
} from '@mandate/oauth';

/** Who a policy names: `"bob"` or `{"iss","sub"}`. */
export const namedIdentity = z.unknown().transform((value, context): NamedIdentity => {
  const identity = parseNamedIdentity(value as Parameters<typeof parseNamedIdentity>[0]);
  if (identity !== undefined) return identity;
  context.addIssue({ code: 'custom', message: 'expected a name or {"iss","sub"}' });
  return z.NEVER;
});

/** Scopes a policy grants, RFC 6749 section 3.3. */
export const grantedScopes = z.array(z.string().refine(isScopeToken, { message: 'not a scope token' }));

/** Claims a policy adds: no registered one, `may_act` excepted. */
export const grantedClaims = z
  .record(z.string(), z.json())
  .refine(
    (extra) => Object.keys(extra).length === Object.keys(additionalClaims(extra as JsonObject, ['may_act'])).length,
    { message: 'names a registered claim, which a policy never overrides' },
  );

const actAsMembers = {
  actAs: z
    .boolean()
    .optional()
    .describe(
      '`true`: the actors listed may act as the subject by name alone ([acting-as.md](acting-as.md)); absent: no',
    ),
  actAsForm: z
    .enum(['act', 'act_as'])
    .optional()
    .describe(
      '`act`: the token has the subject in `sub`, the actor in `act`; `act_as`: the actor in `sub`; absent: as the service is set',
    ),
};

const askMembers = {
  mayAskSubject: z
    .boolean()
    .optional()
    .describe(
      '`true`: the subject may be asked whether the actor may act for them ([help-desk.md](help-desk.md)); absent: no',
    ),
};

const claimFrom = z
  .strictObject({
    from: z.enum(['subject', 'actor', 'client']),
    claim: z.string().min(1),
    as: z
      .string()
      .min(1)
      .refine((name) => !REGISTERED_CLAIMS.has(name), { message: 'is a registered claim, which a policy never sets' })
      .optional(),
  })
  .refine(({ claim, as }) => as !== undefined || !REGISTERED_CLAIMS.has(claim), {
    path: ['claim'],
    message: 'is a registered claim: say what it is called `as`',
  })
  .transform(({ from, claim, as = claim }) => ({ from, claim, as }));

/** What is signed twice grows by 4/3 twice: beyond this no token would stay under 12 KiB. */
const MAX_EMBEDDED_BYTES = 6900;

const embeddedGrant = z.strictObject({
  claim: z
    .string()
    .min(1)
    .refine((name) => !REGISTERED_CLAIMS.has(name), { message: 'is a registered claim, which a policy never sets' }),
  audience: z.string().min(1),
  scopes: grantedScopes,
  expirationSeconds: z.int().positive().optional(),
  additionalClaims: grantedClaims.optional(),
});

/** The form of {@link DelegationMembers}. */
export const delegationMembers = {
  ...actAsMembers,
  ...askMembers,
  claimsFrom: z
    .array(claimFrom)
    .refine((claims) => new Set(claims.map(({ as }) => as)).size === claims.length, {
      message: 'gives one claim twice',
    })
    .optional()
    .describe(
      'claims of the issued token out of those of the `subject`, the `actor` or the attributes of the `client`: `{"from","claim","as"}`; absent: none',
    ),
  claimsProvider: z
    .enum(['required', 'optional'])
    .optional()
    .describe(
      'whether `CLAIMS_PROVIDER_URL` is asked for more claims; `required`: no token without them; absent: it is not',
    ),
  embed: z
    .array(embeddedGrant)
    .refine((tokens) => new Set(tokens.map(({ claim }) => claim)).size === tokens.length, {
      message: 'gives one claim twice',
    })
    .refine((tokens) => Buffer.byteLength(JSON.stringify(tokens)) <= MAX_EMBEDDED_BYTES, {
      message: 'makes a token of more than 12 KiB',
    })
    .optional()
    .describe(
      'narrower tokens inside the token: `{"claim","audience","scopes","expirationSeconds"?,"additionalClaims"?}`, within what the rule grants; absent: none',
    ),
};

/** The names of them. */
export const DELEGATION_MEMBERS = Object.keys(delegationMembers) as (keyof typeof delegationMembers)[];

const readMembers = z.strictObject(delegationMembers);

/** Those that JSON has and no others; `undefined` for anything else. */
export function readDelegationMembers(value: JsonValue | undefined): DelegationMembers | undefined {
  const result = readMembers.safeParse(value);
  return result.success ? result.data : undefined;
}

/** A policy's member without those that are not of a known name. */
export function knownMembers(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)));
}

/** The 2018 services take an expiration of 0 for none. */
export function withoutZeroExpiration(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(([name, seconds]) => name !== 'expirationSeconds' || seconds !== 0),
  );
}
