import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@mandate/service-kit';
import { startOnLoopback } from '@mandate/service-kit/testing';
import { createTestKey, fixedClock, signTestToken } from '@mandate/testing';
import { compose as composeTokenExchange, tokenExchangeConfig } from '@mandate/token-exchange';
import { compose as composeTokenValidation, tokenValidationConfig } from '@mandate/token-validation';

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
const AUTHORIZATION = `Basic ${Buffer.from('gateway:gateway-secret').toString('base64')}`;
const clients = [{ clientId: 'gateway', clientSecret: 'gateway-secret', scopes: ['exchange', 'introspect'] }];
const policy = { resources: [{ patterns: [TARGET], audience: TARGET, scopes: [], expirationSeconds: 60 }] };

const folderOfTokens = new URL('tokens/', import.meta.url);

/** The providers by file. */
export const providers: readonly Provider[] = readdirSync(folderOfTokens).map(
  (file) => JSON.parse(readFileSync(new URL(file, folderOfTokens), 'utf8')) as Provider,
);

/** @param terms what the records of the providers say, besides or instead of what is in their files. */
export async function startProviderWorld(terms: Partial<Provider['record']> = {}): Promise<ProviderWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'mandate-providers-'));
  const write = (name: string, content: unknown): string => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  const [own, key] = [createTestKey('ES256'), createTestKey('RS256')];
  const records = providers.map(({ record }) => ({ ...record, ...terms, jwks: { keys: [key.publicJwk] } }));
  const env = {
    TOKEN_ISSUER: 'https://mandate.example.com',
    TOKEN_SIGNATURE_JWKS_FILE: write('keys.json', { keys: [own.privateJwk] }),
    TRUSTED_ISSUERS_FILE: write('issuers.json', records),
    CLIENT_CREDENTIALS_JSON_PATH: write('clients.json', clients),
    EXCHANGE_POLICY_JSON_CONFIG_PATH: write('policy.json', policy),
    RATE_LIMIT: 'off',
  };
  const clock = fixedClock();
  const validation = await startOnLoopback(
    async (runtime) => [await composeTokenValidation(readConfig(tokenValidationConfig, { env }), runtime)],
    { clock },
  );
  const exchangeService = await startOnLoopback(
    async (runtime) => [await composeTokenExchange(readConfig(tokenExchangeConfig, { env }), runtime)],
    { clock },
  );
  const exchange = (token: string, type: string): Promise<Answer> =>
    post(`${exchangeService.publicUrl}/service/tokensts`, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: `${TYPE}${type}`,
      resource: TARGET,
    });
  const introspect = (token: string, hint = ''): Promise<Answer> =>
    post(`${validation.publicUrl}/service/introspect`, { token, token_type_hint: hint });
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
      rmSync(folder, { recursive: true });
    },
  };
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

async function post(url: string, form: Record<string, string>): Promise<Answer> {
  const headers = { authorization: AUTHORIZATION };
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form), headers });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}
