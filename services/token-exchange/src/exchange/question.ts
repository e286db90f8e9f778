import type { Identity, TokenType } from '@mandate/oauth';
import type { Caller } from '@mandate/clients';
import type { Origin, ReceivedToken } from '@mandate/policy';
import type { JsonObject } from '@mandate/ports';
import type { VerifiedToken } from '@mandate/token';

/** Somebody in a question: the pair, and the verified token that says so. Without one the request only named them. */
export interface Party {
  identity: Identity;
  /** Verified; empty for somebody who was only named. */
  claims: JsonObject;
  token: VerifiedToken | undefined;
}

/** What is asked for, whoever it is for. */
export interface Terms {
  resources: readonly string[];
  audiences: readonly string[];
  /** `client`: the request names none, and these are the `defaultTargets` of the caller's record. */
  targetsFrom: 'request' | 'client';
  /** Empty: everything allowed. */
  scopes: readonly string[];
  requestedTokenType: TokenType;
  /** Return fewer scopes than asked instead of refusing (docs/delegation.md section 5). */
  narrow: boolean;
  /** What for, as the person agreed to it whose token this is (docs/delegation.md section 10). */
  purpose?: string | undefined;
}

/** Who reads subject tokens that are no JWTs. */
export interface TokenReader {
  readonly name: string;
  /** The one backend that may permit an exchange of what it reads; absent: any. */
  readonly onlyBackend?: string;
}

/** Whom it is about. */
export interface Parties {
  subject: Party;
  /** `undefined`: the calling client acts. */
  actor: Party | undefined;
  /** The subject token for upstreams that must see it. */
  received: ReceivedToken | undefined;
  /** Who vouches for the subject token where it is no JWT. */
  reader: TokenReader | undefined;
}

/** May this actor act for this subject, there and to this extent, as this client asks? */
export interface Question extends Parties {
  origin: Origin;
  caller: Caller;
  terms: Terms;
}

/** The verified tokens behind a question: the subject's, then the actor's. */
export function tokensOf({ subject, actor }: Pick<Parties, 'subject' | 'actor'>): VerifiedToken[] {
  const { token } = subject;
  const subjects = token === undefined ? [] : [token];
  return actor?.token === undefined ? subjects : [...subjects, actor.token];
}
