import { isJsonObject, type JsonObject, type JsonValue } from '@mandate/ports';
import type { Identity } from './identity.js';

/** Who is about to act: an identity, and the client it acts through, which is the one that asks for the exchange. */
export interface EffectiveActor extends Identity {
  clientId: string | undefined;
  /** The issuer that names that client; absent: it is one of our own. */
  clientIssuer?: string | undefined;
}

/** What a subject token's `may_act` says about an actor (RFC 8693 section 4.4). */
export type Consent = 'absent' | 'given' | 'withheld' | 'malformed';

const COMPARED_MEMBERS = ['sub', 'iss', 'client_id'] as const;

/**
 * Reads `may_act` for one actor. Members compared: `sub`, `iss`, `client_id`, each a string or an array of strings,
 * octet for octet; every one present must match. `{}` names nobody. A `sub` without `iss` is a bare name: it names
 * somebody at one of `bareNameIssuers` only, since an identity is always the pair. A `client_id` names a client of our
 * own or of one of these issuers, since a client is a pair as well. Any other shape is malformed.
 */
export function readConsent(
  mayAct: JsonValue | undefined,
  actor: EffectiveActor,
  bareNameIssuers: readonly string[],
): Consent {
  if (mayAct === undefined) return 'absent';
  if (!isJsonObject(mayAct)) return 'malformed';
  const members = COMPARED_MEMBERS.filter((name) => Object.hasOwn(mayAct, name));
  if (!members.every((name) => isNameOrNames(mayAct[name]))) return 'malformed';
  if (members.length === 0) return Object.keys(mayAct).length === 0 ? 'withheld' : 'malformed';
  if (!isOfIssuers(members, actor, issuersIn(mayAct) ?? bareNameIssuers)) return 'withheld';
  const value = { sub: actor.sub, iss: actor.iss, client_id: actor.clientId };
  return members.every((name) => isAnyOf(value[name], mayAct[name])) ? 'given' : 'withheld';
}

function issuersIn({ iss }: JsonObject): JsonValue[] | undefined {
  return iss === undefined ? undefined : [iss].flat();
}

/** Whether the names in it may mean this actor, and the client that it acts through. */
function isOfIssuers(members: readonly string[], actor: EffectiveActor, issuers: readonly JsonValue[]): boolean {
  const { iss, clientIssuer } = actor;
  if (members.includes('sub') && !issuers.includes(iss)) return false;
  return !members.includes('client_id') || clientIssuer === undefined || issuers.includes(clientIssuer);
}

function isAnyOf(value: string | undefined, names: JsonValue | undefined): boolean {
  return value !== undefined && (Array.isArray(names) ? names.includes(value) : names === value);
}

function isNameOrNames(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string' && item !== '');
  return typeof value === 'string' && value !== '';
}
