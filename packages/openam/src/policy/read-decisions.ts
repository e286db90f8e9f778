import { isJsonObject, type JsonObject, type JsonValue } from '@mandate/ports';
import { openamError } from '../openam-request.js';

/** What AM decided about one resource. */
export interface OpenamDecision {
  resource: string;
  verdict: 'permit' | 'deny' | 'not_applicable';
  /** Of the policies that permit, in no order. */
  attributes: ReadonlyMap<string, readonly string[]>;
  /** Until when the decision holds, epoch milliseconds; `undefined`: for good. */
  endsAt: number | undefined;
}

/** AM says "never" with the largest Long, which no longer is exact as a number. */
const NEVER = 2 ** 53;

/**
 * The decisions, one for each target, in any order.
 * @throws UpstreamError unless every target, and nothing else, has exactly one decision of a known shape.
 */
export function readOpenamDecisions(body: JsonValue | undefined, targets: readonly string[]): OpenamDecision[] {
  if (!Array.isArray(body)) throw openamError('malformed', 'the answer is not an array');
  const decisions = body.map(readDecision);
  const resources = new Set(decisions.map(({ resource }) => resource));
  if (resources.size !== decisions.length) throw openamError('malformed', 'two decisions for one resource');
  if (resources.size !== targets.length || !targets.every((target) => resources.has(target))) {
    throw openamError('malformed', 'decisions for other resources than asked for');
  }
  return decisions;
}

function readDecision(value: JsonValue): OpenamDecision {
  if (!isJsonObject(value)) throw unknownShape();
  const { resource, actions, attributes, advices, ttl } = value;
  if (typeof resource !== 'string' || !isJsonObject(actions)) throw unknownShape();
  return {
    resource,
    verdict: verdictOf(Object.values(actions), readValues(advices)),
    attributes: readValues(attributes),
    endsAt: readEnd(ttl),
  };
}

/** No action: nothing applies, or every policy that does has failed inside AM. Advice tells what is missing: a deny. */
function verdictOf(actions: readonly JsonValue[], advices: ReadonlyMap<string, unknown>): OpenamDecision['verdict'] {
  if (!actions.every((value) => typeof value === 'boolean')) throw unknownShape();
  if (advices.size > 0 || actions.includes(false)) return 'deny';
  return actions.length === 0 ? 'not_applicable' : 'permit';
}

function readValues(value: JsonValue | undefined): Map<string, readonly string[]> {
  const members: JsonObject = isJsonObject(value) ? value : {};
  if (value !== undefined && !isJsonObject(value)) throw unknownShape();
  return new Map(
    Object.entries(members).map(([name, values]) => {
      if (!Array.isArray(values) || !values.every((item) => typeof item === 'string')) throw unknownShape();
      return [name, [...new Set(values)]];
    }),
  );
}

function readEnd(ttl: JsonValue | undefined): number | undefined {
  if (ttl === undefined) return undefined;
  if (typeof ttl !== 'number' || ttl < 0) throw unknownShape();
  return ttl >= NEVER ? undefined : ttl;
}

function unknownShape(): Error {
  return openamError('malformed', 'an unknown shape of a decision');
}
