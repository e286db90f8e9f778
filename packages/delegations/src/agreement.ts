import { type JsonObject, type JsonValue, isJsonObject } from '@mandate/ports';
import { MAX_TARGETS, OAuthError, isScopeToken, isValidResource } from '@mandate/oauth';
import { z } from 'zod';
import { isPlainLine } from './plain-line.js';

/** The type of RFC 9396 authorization details in which an agreement is asked for and told. */
export const ACT_ON_BEHALF = 'act_on_behalf';

/** Who may act: an identity, where a `sub` without an issuer is a bare name, or whoever a client of ours acts as. */
export type AgreedActor = { sub: string; iss?: string } | { clientId: string };

/** What a person agrees to: that this actor acts for them, with these scopes, at these places. */
export interface Agreement {
  actor: AgreedActor;
  scopes: readonly string[];
  /** Resources and audiences, as an exchange names them. */
  locations: readonly string[];
  /** Epoch seconds: no token of the agreement lives longer. Absent: as long as the first token of it may. */
  until?: number;
  /** How many tokens may be exchanged. Absent: any number. */
  uses?: number;
  /** What for, as the person is shown it; an exchange has to name the same. */
  purpose?: string;
}

const MAX_SCOPES = 64;
const MAX_USES = 1_000_000;
/** The year 10000 in epoch seconds: what is later is milliseconds, or a mistake. */
const MAX_TIME = 253_402_300_800;

const plainLine = (maxLength: number) => z.string().max(maxLength).refine(isPlainLine);
const name = plainLine(2048);
const identity = z.strictObject({ sub: name, iss: name.exactOptional() });
const members = {
  scopes: z.array(z.string().refine(isScopeToken)).min(1).max(MAX_SCOPES),
  locations: z
    .array(name.refine((location) => isValidResource(location, 'ims')))
    .min(1)
    .max(MAX_TARGETS),
  until: z.int().min(1).max(MAX_TIME).exactOptional(),
  uses: z.int().min(1).max(MAX_USES).exactOptional(),
  purpose: plainLine(200).exactOptional(),
};
const type = z.literal(ACT_ON_BEHALF);

/** On the wire: one detail names an actor or a client, and not both. */
const detailSchema = z.union([
  z.strictObject({ type, actor: identity, ...members }),
  z.strictObject({ type, client_id: name, ...members }),
]);

/**
 * An agreement as stores keep it. What a later version has written besides stays with it, up to the tokens: whoever does
 * not know it there takes that for no agreement, so that no term is lost on the way.
 */
export const agreementSchema: z.ZodType<Agreement> = z.looseObject({
  actor: z.union([
    z.looseObject({ ...identity.shape, clientId: z.undefined().optional() }),
    z.looseObject({ clientId: name, sub: z.undefined().optional() }),
  ]),
  ...members,
});

/**
 * Reads one authorization detail of type `act_on_behalf`. Scopes and locations have to be named: nobody agrees to
 * everything by leaving something out. @throws OAuthError `invalid_authorization_details` (RFC 9396 section 5).
 */
export function parseAgreement(detail: JsonObject): Agreement {
  const agreement = readAgreement(detail);
  if (agreement !== undefined) return agreement;
  throw new OAuthError(
    'invalid_authorization_details',
    'The authorization details are not an act_on_behalf as it has to be',
  );
}

/**
 * Reads the value of `authorization_details`: exactly one detail, since one answer of a person is one delegation.
 * @throws OAuthError `invalid_authorization_details` (RFC 9396 section 5).
 */
export function parseAuthorizationDetails(details: JsonValue): Agreement {
  const [detail, ...others] = Array.isArray(details) ? details : [];
  if (isJsonObject(detail) && others.length === 0) return parseAgreement(detail);
  throw new OAuthError('invalid_authorization_details', 'The authorization details are not one object in an array');
}

/** As {@link parseAgreement}, of a token: `undefined` for what is no agreement. */
export function readAgreement(detail: JsonValue | undefined): Agreement | undefined {
  const result = detailSchema.safeParse(detail);
  if (!result.success) return undefined;
  const { scopes, locations, until, uses, purpose } = result.data;
  return {
    actor: 'client_id' in result.data ? { clientId: result.data.client_id } : result.data.actor,
    scopes: [...new Set(scopes)],
    locations: [...new Set(locations)],
    ...(until !== undefined && { until }),
    ...(uses !== undefined && { uses }),
    ...(purpose !== undefined && { purpose }),
  };
}

/** The agreement as an authorization detail of the wire. */
export function agreementDetail({ actor, scopes, locations, ...terms }: Agreement): JsonObject {
  const who = 'clientId' in actor ? { client_id: actor.clientId } : { actor: { ...actor } };
  return { ...terms, type: ACT_ON_BEHALF, ...who, scopes: [...scopes], locations: [...locations] };
}

/** The `may_act` claim that names exactly the agreed actor (RFC 8693 section 4.4). */
export function mayActOf({ actor }: Pick<Agreement, 'actor'>): JsonObject {
  return 'clientId' in actor ? { client_id: actor.clientId } : { ...actor };
}
