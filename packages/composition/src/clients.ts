import { ConfigError } from '@mandate/ports';
import {
  type Client,
  type ClientAuthentication,
  type ClientKeys,
  type ClientStore,
  type SecretSettings,
  createClientKeys,
  createJsonClientStore,
  createSecretVerifier,
  parseClients,
} from '@mandate/clients';
import { type CommonConfig, type Runtime, type Settings, choice, secret } from '@mandate/service-kit';
import {
  type ProofUse,
  clientAuthenticationConfig,
  composeClientAuthentication,
} from './compose-client-authentication.js';
import type { ComposedClientStore } from './client-stores/remote-store.js';
import { clientStoresConfig, composeClientStores } from './client-stores/client-stores.js';
import { IMS_DEMONSTRATION_CLIENTS } from './ims-demonstration-clients.js';
import { reportKeys } from './report-keys.js';
import { type ComposedPart, withoutNeed } from './part.js';
import type { RedisSettings } from './redis/compose-redis.js';
import type { SigningSettings } from './signing-keys.js';

/** The variables of client stores and of client secrets. */
export const clientsConfig = {
  ...clientStoresConfig,
  CLIENT_SECRET_SECURITY_SCHEME: choice(['none', 'hmac-sha256', 'scrypt', 'argon2id'])
    .default('none')
    .describe('How stored client secrets without a `{scheme}` prefix are protected; `none` is plain text (IMS)'),
  CLIENT_SECRET_HMAC_KEY: secret()
    .refine((key) => Buffer.byteLength(key) >= 32, { error: 'must have at least 32 bytes' })
    .optional()
    .describe('Key of `hmac-sha256`, at least 32 bytes'),
  ...clientAuthenticationConfig,
};

export type ClientSettings = Settings<typeof clientsConfig, 'RELOAD_INTERVAL_SECONDS'> & RedisSettings;

export interface Clients extends ComposedPart {
  /** The keys by which clients sign. */
  keys: ClientKeys;
  /** Every record of a client file; those of remote stores are never listed. */
  listed(): Iterable<Client>;
  /** Authentication of the clients, and their records. */
  authentication(use: ProofUse): { clients: ClientAuthentication; store: ClientStore };
}

/** Whether what is only for trying out may stand in for what is not configured. */
type DemonstrationSettings = Pick<CommonConfig, 'COMPATIBILITY'> & Pick<SigningSettings, 'NODE_ENV'>;

/** Client authentication over the configured stores. @throws ConfigError when a store's settings are missing. */
export async function composeClients(
  config: ClientSettings & DemonstrationSettings,
  runtime: Runtime,
): Promise<Clients> {
  const clients = (await composeConfigured(config, runtime)) ?? demonstrationClients(config, runtime);
  if (clients !== undefined) return clients;
  throw new ConfigError([
    { variable: 'CLIENT_CREDENTIALS_JSON_PATH', message: `is needed: there is no client store${noStandIn(config)}` },
  ]);
}

/**
 * Client authentication where a client store is configured, without which the service serves: other callers use bearer
 * tokens.
 */
export async function composeOptionalClients(config: ClientSettings, runtime: Runtime): Promise<Clients | undefined> {
  const clients = await composeConfigured(config, runtime);
  return clients && withoutNeed(clients);
}

async function composeConfigured(config: ClientSettings, runtime: Runtime): Promise<Clients | undefined> {
  const settings = { scheme: config.CLIENT_SECRET_SECURITY_SCHEME, hmacKey: config.CLIENT_SECRET_HMAC_KEY };
  if (settings.scheme === 'hmac-sha256' && settings.hmacKey === undefined) {
    throw new ConfigError([{ variable: 'CLIENT_SECRET_HMAC_KEY', message: 'is needed for hmac-sha256' }]);
  }
  const clientStore = await composeClientStores({ config, runtime, settings });
  return clientStore && clientsOf(clientStore, { config, settings, runtime });
}

/** Why what the 2018 services bundled does not stand in, where it would otherwise; for the end of a sentence. */
export function noStandIn({ COMPATIBILITY, NODE_ENV }: DemonstrationSettings): string {
  const isRefused = COMPATIBILITY === 'ims' && NODE_ENV === 'production';
  return isRefused ? ', and nothing bundled stands in with NODE_ENV=production' : '';
}

/** The clients that the 2018 services bundled stand in where no store is configured, for trying them out (IMS). */
function demonstrationClients(config: ClientSettings & DemonstrationSettings, runtime: Runtime): Clients | undefined {
  if (config.COMPATIBILITY !== 'ims' || config.NODE_ENV === 'production') return undefined;
  const settings = { scheme: 'none', hmacKey: undefined } as const;
  const clients = parseClients(JSON.stringify(IMS_DEMONSTRATION_CLIENTS), settings);
  runtime.logger.warn('the demonstration clients of the 2018 services are accepted: name a client file', {
    variable: 'CLIENT_CREDENTIALS_JSON_PATH',
  });
  const store = createJsonClientStore({ current: () => clients });
  return clientsOf({ store, parts: [] }, { config, settings, runtime });
}

function clientsOf(
  clientStore: ComposedClientStore,
  { config, settings, runtime }: { config: ClientSettings; settings: SecretSettings; runtime: Runtime },
): Clients {
  const { clock } = runtime;
  const { store, bind } = clientStore;
  // A directory does not show that a secret changed: what it said counts no longer than a record does.
  const binding = bind !== undefined && { bind, rememberSeconds: Math.min(config.CLIENT_CACHE_SECONDS, 60) };
  const secrets = createSecretVerifier({ ...settings, ...binding, clock });
  const keys = clientKeys(runtime);
  return {
    keys,
    listed: () => clientStore.listed?.() ?? [],
    parts: clientStore.parts,
    close: () => clientStore.close?.(),
    authentication(use) {
      return { store, clients: composeClientAuthentication(config, { ...use, store, secrets, keys, clock }) };
    },
  };
}

function clientKeys(runtime: Runtime): ClientKeys {
  const { http, clock } = runtime;
  const report = reportKeys('client', runtime);
  return createClientKeys({
    http,
    clock,
    onRefused: report.refused,
    onRefresh: ({ clientId, ...result }) => report.fetched(clientId, result),
  });
}
