import { isScopeToken } from '@mandate/oauth';
import { list, type Settings } from '@mandate/service-kit';

/** A prefix of scopes that name whom to act as, and where it names them. */
export interface ActAsPrefix {
  prefix: string;
  /** Absent: at `ACT_AS_SUBJECT_ISSUER`. */
  issuer?: string;
}

/** The variable that says how acting as somebody is asked for: the same at authentication and at token-exchange. */
export const actAsConfig = {
  ACT_AS_SCOPE_PREFIXES: list()
    .refine((items) => arePrefixes(items.map(readPrefix)), {
      error: 'must be a list, each once, of prefix or prefix=issuer',
    })
    .default(['act_as:'])
    .describe('Prefixes of scopes that name whom to act as, at ACT_AS_SUBJECT_ISSUER or, as `prefix=issuer`, there'),
};

/** The prefixes that are configured. */
export function actAsPrefixes({ ACT_AS_SCOPE_PREFIXES: items }: Settings<typeof actAsConfig>): ActAsPrefix[] {
  return items.map(readPrefix);
}

function arePrefixes(prefixes: readonly ActAsPrefix[]): boolean {
  const distinct = new Set(prefixes.map(({ prefix }) => prefix)).size === prefixes.length;
  return distinct && prefixes.every(({ prefix, issuer }) => isScopeToken(prefix) && issuer !== '');
}

function readPrefix(item: string): ActAsPrefix {
  const equals = item.indexOf('=');
  return equals === -1 ? { prefix: item } : { prefix: item.slice(0, equals), issuer: item.slice(equals + 1) };
}
