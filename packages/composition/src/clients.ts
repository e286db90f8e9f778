import { type Clock, ConfigError } from '@mandate/ports';
import {
  type AuthenticationMethod,
  type Client,
  type ClientAuthentication,
  type ClientKeys,
  type ClientStore,
  type ReplayStore,
  type SecretSettings,
  createClientAuthentication,
  createClientKeys,
  createJsonClientStore,
  createPrivateKeyJwt,
  createSecretVerifier,
  isLoadedPlain,
  parseClients,
  parseClientsInSteps,
} from '@mandate/clients';
import { type Runtime, type Settings, choice, path, secret, watchFile } from '@mandate/service-kit';
import { IMS_DEMONSTRATION_CLIENTS } from './ims-demonstration-clients.js';
import { reportKeys } from './report-keys.js';
import type { ComposedPart } from './part.js';

/** The variables of the client store and of client secrets. */
export const clientsConfig = {
  CLIENT_CREDENTIALS_STORE: choice(['json']).default('json').describe('Where client records are kept'),
  CLIENT_CREDENTIALS_JSON_PATH: path().optional().describe('Client records as a JSON file; reloaded when it changes'),
  CLIENT_SECRET_SECURITY_SCHEME: choice(['none', 'hmac-sha256', 'scrypt', 'argon2id'])
    .default('none')
    .describe('How stored client secrets without a `{scheme}` prefix are protected; `none` is plain text (IMS)'),
  CLIENT_SECRET_HMAC_KEY: secret()
    .refine((key) => Buffer.byteLength(key) >= 32, { error: 'must have at least 32 bytes' })
    .optional()
    .describe('Key of `hmac-sha256`, at least 32 bytes'),
  ASSERTION_AUDIENCE: choice(['strict', 'compat'])
    .default('strict')
    .describe(
      'What `aud` of a client assertion may be: `strict` is TOKEN_ISSUER alone; `compat` also token endpoints, and an hour of life instead of 300 s',
    ),
};

export type ClientSettings = Settings<typeof clientsConfig, 'RELOAD_INTERVAL_SECONDS'>;

/** What client assertions are for, and where those that were used are kept. */
export interface AssertionSettings {
  issuer: string;
  replays: ReplayStore;
}

export interface Clients extends ComposedPart {
  /** The keys by which clients sign. */
  keys: ClientKeys;
  /** Authentication of the clients, and their records. */
  authentication(assertions: AssertionSettings): { clients: ClientAuthentication; store: ClientStore };
}

/** Whether what is only for trying out may stand in for what is not configured. */
export interface DemonstrationSettings {
  COMPATIBILITY: 'standard' | 'ims';
  NODE_ENV?: string | undefined;
}

/** Client authentication over the configured store. @throws ConfigError when the store's settings are missing. */
export function composeClients(config: ClientSettings & DemonstrationSettings, runtime: Runtime): Clients {
  const found = composeOptionalClients(config, runtime) ?? demonstrationClients(config, runtime);
  if (found !== undefined) return found;
  throw new ConfigError([{ variable: 'CLIENT_CREDENTIALS_JSON_PATH', message: 'is needed: there is no client store' }]);
}

/** Client authentication where a client store is configured: other callers may use bearer tokens alone. */
export function composeOptionalClients(config: ClientSettings, runtime: Runtime): Clients | undefined {
  const file = config.CLIENT_CREDENTIALS_JSON_PATH;
  if (file === undefined) return undefined;
  const settings = { scheme: config.CLIENT_SECRET_SECURITY_SCHEME, hmacKey: config.CLIENT_SECRET_HMAC_KEY };
  if (settings.scheme === 'hmac-sha256' && settings.hmacKey === undefined) {
    throw new ConfigError([{ variable: 'CLIENT_SECRET_HMAC_KEY', message: 'is needed for hmac-sha256' }]);
  }
  const watched = watchFile(runtime, {
    path: file,
    variable: 'CLIENT_CREDENTIALS_JSON_PATH',
    parseInSteps: (text: string) => parseClientsInSteps(text, settings),
    intervalSeconds: config.RELOAD_INTERVAL_SECONDS,
  });
  if (settings.scheme === 'none') warnOfPlainSecrets(watched.current(), runtime);
  const composed = clientsOf(watched, { config, settings, runtime });
  return { ...composed, parts: [watched.part], close: () => watched.close() };
}

/** The clients that the 2018 services bundled stand in where no store is configured, for trying them out (IMS). */
function demonstrationClients(config: ClientSettings & DemonstrationSettings, runtime: Runtime): Clients | undefined {
  if (config.COMPATIBILITY !== 'ims' || config.NODE_ENV === 'production') return undefined;
  const settings = { scheme: 'none', hmacKey: undefined } as const;
  const clients = parseClients(JSON.stringify(IMS_DEMONSTRATION_CLIENTS), settings);
  runtime.logger.warn('the demonstration clients of the 2018 services are accepted: name a client file', {
    variable: 'CLIENT_CREDENTIALS_JSON_PATH',
  });
  return clientsOf({ current: () => clients }, { config, settings, runtime });
}

function clientsOf(
  records: Parameters<typeof createJsonClientStore>[0],
  { config, settings, runtime }: { config: ClientSettings; settings: SecretSettings; runtime: Runtime },
): Clients {
  const { clock } = runtime;
  const secrets = createSecretVerifier({ ...settings, clock });
  const store = createJsonClientStore(records);
  const keys = clientKeys(runtime);
  return {
    keys,
    parts: [],
    close: () => undefined,
    authentication(assertions) {
      const methods = [privateKeyJwt(config, clock, { ...assertions, store, keys })];
      return { store, clients: createClientAuthentication({ store, secrets, clock, realm: 'mandate', methods }) };
    },
  };
}

/** The paths of token endpoints, whichever service answers there. */
const TOKEN_ENDPOINTS = ['/oauth2/token', '/service/access_token', '/service/tokensts'];

/** What a token endpoint of this issuer may be called, under all its names. */
export function tokenEndpointUrls(issuer: string): string[] {
  const base = issuer.replace(/\/$/, '');
  return TOKEN_ENDPOINTS.map((path) => base + path);
}

function privateKeyJwt(
  { ASSERTION_AUDIENCE: audience }: ClientSettings,
  clock: Clock,
  { issuer, replays, store, keys }: AssertionSettings & { store: ClientStore; keys: ClientKeys },
): AuthenticationMethod {
  const [endpoints, maxLifetimeSeconds] = audience === 'strict' ? [[], 300] : [tokenEndpointUrls(issuer), 3600];
  return createPrivateKeyJwt({ store, keys, replays, clock, audience: { issuer, endpoints }, maxLifetimeSeconds });
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

function warnOfPlainSecrets(clients: ReadonlyMap<string, Client>, { logger }: Pick<Runtime, 'logger'>): void {
  const isPlain = ({ secrets }: Client): boolean => secrets.some(({ value }) => isLoadedPlain(value));
  const count = [...clients.values()].filter(isPlain).length;
  if (count > 0) logger.warn('clients have secrets stored as plain text', { count });
}
