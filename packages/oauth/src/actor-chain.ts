import { isJsonObject, type JsonObject, type JsonValue } from '@mandate/ports';
import type { Identity } from './identity.js';

/** One `act` claim as it stands in a token: the actor, and nested in it whoever acted before (RFC 8693 section 4.1). */
export type ActClaim = JsonObject & { sub: string };

/** An actor of a chain. `iss` is absent where the token did not carry it. */
export interface ChainedActor {
  sub: string;
  iss?: string;
}

/** How `act` names an actor: by `sub` alone, or by the pair. */
export type ActClaimForm = 'sub' | 'iss+sub';

export const MAX_CHAIN_BYTES = 4096;
const UTF_8 = new TextEncoder();

/** Reads an inbound `act`. `undefined` when absent, `null` when its shape is not a chain of actors with a `sub` each. */
export function parseActChain(act: JsonValue | undefined): ActClaim | null | undefined {
  if (act === undefined) return undefined;
  for (let level: JsonValue | undefined = act; level !== undefined; level = level['act']) {
    if (!isJsonObject(level) || typeof level['sub'] !== 'string' || level['sub'] === '') return null;
    if (level['iss'] !== undefined && (typeof level['iss'] !== 'string' || level['iss'] === '')) return null;
  }
  return act as ActClaim;
}

/** The actors of a chain, newest first. */
export function actorsOf(chain: ActClaim | undefined): ChainedActor[] {
  const actors: ChainedActor[] = [];
  for (let level = chain; level !== undefined; level = level['act'] as ActClaim | undefined) {
    const iss = level['iss'];
    actors.push(typeof iss === 'string' ? { sub: level.sub, iss } : { sub: level.sub });
  }
  return actors;
}

/**
 * The chain with one more actor: the newest outermost, the whole inbound chain nested beneath, untouched
 * (RFC 8693 figure 6).
 */
export function extendChain(inbound: ActClaim | undefined, actor: Identity, form: ActClaimForm): ActClaim {
  const { iss, sub } = actor;
  const newest = form === 'iss+sub' ? { sub, iss } : { sub };
  return inbound === undefined ? newest : { ...newest, act: inbound };
}

/** Whether an actor is in the chain already. An entry without `iss` may be anybody of that `sub`, so it counts. */
export function chainIncludes(chain: ActClaim | undefined, actor: Identity): boolean {
  return actorsOf(chain).some(({ sub, iss }) => sub === actor.sub && (iss === undefined || iss === actor.iss));
}

/** Whether a chain is longer than `maxDepth` actors or larger than 4 KiB as UTF-8 JSON. */
export function chainTooDeep(chain: ActClaim, maxDepth: number): boolean {
  return actorsOf(chain).length > maxDepth || UTF_8.encode(JSON.stringify(chain)).length > MAX_CHAIN_BYTES;
}
