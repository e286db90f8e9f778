import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTestKey } from '@mandate/testing';
import { type ServiceName, type SpawnedService, spawnService } from '../end-to-end/spawned-service.js';
import { secretText } from './leakage-world.js';
import type { Wire } from './wire.js';

interface RefusedStart {
  name: ServiceName;
  env: Record<string, string>;
}

/** Starts services whose configuration is wrong right where the secrets are; resolves when all have ended. */
export async function refusedStarts(folder: string, wire: Wire): Promise<SpawnedService[]> {
  const secret = (name: string): string => wire.remember(`wrong ${name}`, secretText());
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const weak = createTestKey('RS256', { rsaBits: 1024 }).privateJwk;
  for (const member of [weak.d, weak.p, weak.q]) wire.remember('weak private key', member ?? '');
  const withSecret = `[{"clientId": "a", "clientSecret": "${secret('clientSecret')}", }]`;
  const starts: RefusedStart[] = [
    {
      name: 'authentication',
      env: {
        TOKEN_SIGNATURE_JWK_BASE64: Buffer.from(`{"k": "${secret('k')}"`).toString('base64'),
        CLIENT_SECRET_HMAC_KEY: secret('CLIENT_SECRET_HMAC_KEY').slice(0, 24),
        CLIENT_SECRET_SECURITY_SCHEME: 'hmac-sha256',
        PORT: secret('PORT'),
        LOG_LEVEL: secret('LOG_LEVEL'),
      },
    },
    {
      name: 'authentication',
      env: {
        TOKEN_SIGNATURE_JWKS_FILE: file('weak.json', JSON.stringify({ keys: [weak] })),
        CLIENT_CREDENTIALS_JSON_PATH: file('broken-clients.json', withSecret),
        REDIS_URL: `redis//:${secret('password of Redis')}@127.0.0.1`,
      },
    },
    {
      name: 'token-validation',
      env: {
        TRUSTED_ISSUERS_FILE: file('broken-issuers.json', `[{"jwks": {"kty": "oct", "k": "${secret('k')}" "alg"`),
        INTROSPECTION_SERVICES: 'openam',
        INTROSPECTION_OPENAM_URL: `ftp://client1:${secret('password in a URL')}@127.0.0.1/`,
        INTROSPECTION_OPENAM_CLIENT_SECRET: secret('INTROSPECTION_OPENAM_CLIENT_SECRET'),
      },
    },
    {
      name: 'token-validation',
      env: {
        ISSUER_JWK_JSON_ISSUER_URI: 'https://users.example.com',
        ISSUER_JWK_JSON_JWK_BASE64: Buffer.from(`{"kty":"OCT","k":"${secret('short k').slice(0, 24)}"}`).toString(
          'base64',
        ),
        REDIS_URL: `rediss://user:${secret('password of Redis')}@127.0.0.1:99999/x`,
      },
    },
    {
      name: 'token-exchange',
      env: {
        TOKEN_EXCHANGE_POLICIES: 'opa,openam,json,jwt',
        EXCHANGE_POLICY_JSON_CONFIG_PATH: file('broken-policy.json', withSecret),
        EXCHANGE_POLICY_OPA_URL: `http://opa:${secret('password of OPA')}@127.0.0.1/v1/data/x`,
        EXCHANGE_POLICY_OPA_TOKEN_FILE: file('two-tokens', `${secret('token')}\n${secret('token')}\n`),
        EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD: secret('password at AM'),
        EXCHANGE_JWT_INTROSPECT_CLIENT_SECRET: secret('secret at introspection'),
      },
    },
    {
      name: 'token-exchange',
      env: { CONFIG_FILE: file('broken-config.json', `{"REDIS_URL": "redis://:${secret('password of Redis')}@a", `) },
    },
    { name: 'standalone', env: { NODE_ENV: 'production', METRICS_ACCOUNT_PASSWORD: secret('password of metrics') } },
  ];
  const processes = starts.map(({ name, env }) => spawnService(name, { PORT: '0', MANAGEMENT_PORT: '0', ...env }));
  await Promise.all(processes.map(({ exit }) => exit));
  return processes;
}
