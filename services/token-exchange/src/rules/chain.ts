import {
  type ActClaim,
  type EffectiveActor,
  actorsOf,
  chainIncludes,
  chainTooDeep,
  extendChain,
  parseActChain,
} from '@mandate/oauth';
import type { RuleSettings } from './rule-settings.js';
import type { Party } from '../exchange/question.js';
import { type Checked, passed, refused } from './checked.js';

/** Section 4: the chain a subject token brings is believed only from an issuer that may assert it. */
export function readInboundChain({ claims, token }: Party): Checked<ActClaim | undefined> {
  const chain = parseActChain(claims['act']);
  if (chain === null) return refused('act_malformed', "the subject token's act well-formed");
  const facts = () => ({ chain: actorsOf(chain).map(({ sub }) => sub) });
  if (chain !== undefined && token?.trust.mayAssertAct !== true) {
    return refused(
      'act_not_trusted',
      `${token?.issuer ?? 'who named the subject'} to be an issuer that may assert act`,
      facts,
    );
  }
  return passed(facts, chain);
}

/**
 * Whom the subject acts as, where its token says so: it goes on with the token, as a chain does, and is believed of the
 * same issuers. Left out, the subject would have for itself what it was given to act as somebody.
 */
export function readInboundActAs({ claims, token }: Party): Checked<ActClaim | undefined> {
  const actAs = parseActChain(claims['act_as']);
  if (actAs === null) return refused('act_malformed', "the subject token's act_as well-formed");
  const facts = () => ({ actAs: actAs?.sub ?? null });
  if (actAs === undefined || token?.trust.mayAssertAct === true) return passed(facts, actAs);
  return refused('act_not_trusted', `${token?.issuer ?? ''} to be an issuer that may assert act`, facts);
}

/**
 * Section 4: the chain of the issued token. With an actor to add, the newest goes outermost and the whole inbound
 * chain beneath it; without one, the inbound chain stays as it is. Never dropped, truncated or reordered.
 */
export function buildChain(
  inbound: ActClaim | undefined,
  actor: EffectiveActor | undefined,
  settings: Pick<RuleSettings, 'actClaims' | 'actMaxDepth' | 'actAllowLoops'>,
): Checked<ActClaim | undefined> {
  const chain = actor === undefined ? inbound : extendChain(inbound, actor, settings.actClaims);
  const facts = () => ({ chain: actorsOf(chain).map(({ sub }) => sub), maxDepth: settings.actMaxDepth });
  if (actor !== undefined && !settings.actAllowLoops && chainIncludes(inbound, actor)) {
    return refused('chain_loop', `an actor other than ${actor.sub}, who has acted already`, facts);
  }
  if (chain !== undefined && chainTooDeep(chain, settings.actMaxDepth)) {
    return refused('chain_too_deep', `a chain of at most ${settings.actMaxDepth} actors and 4 KiB`, facts);
  }
  return passed(facts, chain);
}
