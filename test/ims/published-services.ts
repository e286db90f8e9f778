import { type SpawnedTrio, spawnTrio, type TrioName } from '../end-to-end/spawned-service.js';
import { ENVIRONMENTS } from './published-requests.js';
import { type Addresses, withAddresses } from './replay.js';

const PUBLISHED_INTROSPECTION = /^https?:\/\/[^/]+(?=\/service\/introspect$)/;

/** Starts the three services with a published environment, addresses excepted, and waits until they serve. */
export function startPublishedTrio(
  source: keyof typeof ENVIRONMENTS,
  am: Pick<Addresses, 'am' | 'adminPassword'>,
): Promise<SpawnedTrio> {
  return spawnTrio((urls) => {
    const introspection = urls['token-validation'];
    const addresses = { ...am, services: { MS_VALIDATION_URL: introspection } };
    const variablesOf = (name: TrioName): Record<string, string> => {
      const variables = Object.entries(ENVIRONMENTS[source]?.[name] ?? {}).map(([variable, value]) => {
        return [variable, withAddresses(value, addresses).replace(PUBLISHED_INTROSPECTION, introspection)];
      });
      return { ...(Object.fromEntries(variables) as Record<string, string>), COMPATIBILITY: 'ims' };
    };
    return {
      authentication: variablesOf('authentication'),
      'token-validation': variablesOf('token-validation'),
      'token-exchange': variablesOf('token-exchange'),
    };
  });
}
