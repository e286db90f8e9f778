import { readFileSync, readdirSync } from 'node:fs';
import { createTestKey, fixedClock, signTestToken } from '@mandate/testing';
import { type Answer, basic, exchangeForm, postForm } from '../end-to-end/post-form.js';
import { startService } from '../end-to-end/start-service.js';
import { createFolder } from '../end-to-end/worlds.js';

/** One file of `tokens/`: a provider, its record in `TRUSTED_ISSUERS_FILE`, and tokens as it issues them. */
export interface Provider {
  provider: string;
  record: { issuer: string; tokens?: 'access' | 'id' };
  tokens: { name: string; kind: 'access' | 'id'; header: object; claims: Record<string, unknown> }[];
}

/** What becomes of a token in each of its four uses: statuses of the exchange, and whether introspection calls it active. */
export interface Uses {
  asAccessToken: number;
  asIdToken: number;
  isActive: boolean;
  isActiveAsIdToken: boolean;
}

/** token-validation and token-exchange, which trust every provider. */
export interface ProviderWorld {
  sign(token: Provider['tokens'][number]): string;
  usesOf(token: string): Promise<Uses>;
  close(): Promise<void>;
}

const TYPE = 'urn:ietf:params:oauth:token-type:';
const TARGET = 'https://images.example.com';
const GATEWAY = basic('gateway', 'gateway-secret');
const clients = [{ clientId: 'gateway', clientSecret: 'gateway-secret', scopes: ['exchange', 'introspect'] }];
const policy = { resources: [{ patterns: [TARGET], audience: TARGET, scopes: [], expirationSeconds: 60 }] };

const folderOfTokens = new URL('tokens/', import.meta.url);

/** The providers by file. */
export const providers: readonly Provider[] = readdirSync(folderOfTokens).map(
  (file) => JSON.parse(readFileSync(new URL(file, folderOfTokens), 'utf8')) as Provider,
);

/** @param terms what the records of the providers say, besides or instead of what is in their files. */
export async function startProviderWorld(terms: Partial<Provider['record']> = {}): Promise<ProviderWorld> {
  const folder = createFolder();
  const [own, key] = [createTestKey('ES256'), createTestKey('RS256')];
  const records = providers.map(({ record }) => ({ ...record, ...terms, jwks: { keys: [key.publicJwk] } }));
  const env = {
    TOKEN_ISSUER: 'https://mandate.example.com',
    TOKEN_SIGNATURE_JWKS_FILE: folder.write('keys.json', { keys: [own.privateJwk] }),
    TRUSTED_ISSUERS_FILE: folder.write('issuers.json', records),
    CLIENT_CREDENTIALS_JSON_PATH: folder.write('clients.json', clients),
    EXCHANGE_POLICY_JSON_CONFIG_PATH: folder.write('policy.json', policy),
    RATE_LIMIT: 'off',
  };
  const clock = fixedClock();
  const validation = await startService('token-validation', env, clock);
  const exchangeService = await startService('token-exchange', env, clock);
  const exchange = (token: string, type: string): Promise<Answer> =>
    postForm(
      `${exchangeService.publicUrl}/service/tokensts`,
      exchangeForm({ subject: token }, { subject_token_type: `${TYPE}${type}`, resource: TARGET }),
      GATEWAY,
    );
  const introspect = (token: string, hint = ''): Promise<Answer> =>
    postForm(`${validation.publicUrl}/service/introspect`, { token, token_type_hint: hint }, GATEWAY);
  return {
    sign: ({ header, claims }) => signTestToken(key, claims, { typ: undefined, ...header }),
    usesOf: async (token) => ({
      asAccessToken: (await exchange(token, 'access_token')).status,
      asIdToken: (await exchange(token, 'id_token')).status,
      isActive: (await introspect(token)).body['active'] === true,
      isActiveAsIdToken: (await introspect(token, 'id_token')).body['active'] === true,
    }),
    async close() {
      await Promise.all([validation.stop(), exchangeService.stop()]);
    },
  };
}
