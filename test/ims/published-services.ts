import { freePorts } from '@mandate/testing';
import { type ServiceName, type SpawnedService, spawnService } from '../end-to-end/spawned-service.js';
import { ENVIRONMENTS } from './published-requests.js';
import { type Addresses, withAddresses } from './replay.js';

/** One published environment as three processes. */
export interface PublishedTrio {
  urls: Record<TrioName, string>;
  services: Record<TrioName, SpawnedService>;
  stop(): void;
}

export type TrioName = Exclude<ServiceName, 'standalone'>;
const TRIO: readonly TrioName[] = ['authentication', 'token-validation', 'token-exchange'];

const PUBLISHED_INTROSPECTION = /^https?:\/\/[^/]+(?=\/service\/introspect$)/;

/** Starts the three services with a published environment, addresses excepted, and waits until they serve. */
export async function startTrio(
  source: keyof typeof ENVIRONMENTS,
  am: Pick<Addresses, 'am' | 'adminPassword'>,
  extra: Record<string, string> = {},
): Promise<PublishedTrio> {
  const ports = await freePorts(6);
  const urls = {} as PublishedTrio['urls'];
  TRIO.forEach((name, index) => (urls[name] = `http://127.0.0.1:${ports[2 * index]}`));
  const addresses = { ...am, services: { MS_VALIDATION_URL: urls['token-validation'] } };
  const services = {} as PublishedTrio['services'];
  TRIO.forEach((name, index) => {
    const variables = Object.entries(ENVIRONMENTS[source]?.[name] ?? {}).map(([variable, value]) => {
      const address = withAddresses(value, addresses).replace(PUBLISHED_INTROSPECTION, urls['token-validation']);
      return [variable, address];
    });
    services[name] = spawnService(name, {
      ...(Object.fromEntries(variables) as Record<string, string>),
      COMPATIBILITY: 'ims',
      PORT: String(ports[2 * index]),
      MANAGEMENT_PORT: String(ports[2 * index + 1]),
      ...extra,
    });
  });
  await Promise.all(TRIO.map((name) => services[name].until('"msg":"ready"')));
  return { urls, services, stop: () => TRIO.forEach((name) => services[name].child.kill('SIGKILL')) };
}
