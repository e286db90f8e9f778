import { isJsonObject, type JsonObject, type JsonValue } from '@mandate/ports';
import { knownMembers, withoutZeroExpiration } from '../grant-members.js';
import { RULE_MEMBERS } from './policy-rule.js';

const FILE_MEMBERS = ['$schema', 'resources'];

/**
 * A policy file as the 2018 services read it: without the members that no rule has, which are told by their places, and
 * with expirations of 0 left out.
 */
export function asIms(file: JsonValue, onIgnored: (places: readonly string[]) => void): JsonValue {
  if (!isJsonObject(file)) return file;
  const names = unknownMembers(file, FILE_MEMBERS, '');
  const { resources } = file;
  const rules = !Array.isArray(resources)
    ? resources
    : resources.map((one, index) => {
        if (!isJsonObject(one)) return one;
        names.push(...unknownMembers(one, RULE_MEMBERS, `resources[${index}].`));
        return knownMembers(withoutZeroExpiration(one), RULE_MEMBERS);
      });
  if (names.length > 0) onIgnored(names);
  return rules === undefined ? {} : { resources: rules };
}

function unknownMembers(value: JsonObject, names: readonly string[], place: string): string[] {
  return Object.keys(value).flatMap((name) => (names.includes(name) ? [] : [place + name]));
}
