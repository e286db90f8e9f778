import { describe, expect, it } from '@jest/globals';
import { authenticationConfig } from '@mandate/authentication';
import { parseClients } from '@mandate/clients';
import { REMOTE_STORES } from '@mandate/composition';
import { CIBA_GRANT } from '@mandate/oauth';
import { type ConfigSchema, readConfig } from '@mandate/service-kit';
import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { SERVICE_SCHEMAS } from './service-schemas.js';

const root = resolve(import.meta.dirname, '../..');
const textOf = (path: string): string => readFileSync(resolve(root, path), 'utf8');

const composeFile = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      image: z.string(),
      profiles: z.array(z.string()).default([]),
      command: z.array(z.string()).default([]),
      environment: z.record(z.string(), z.string()).default({}),
      secrets: z.array(z.string()).default([]),
      read_only: z.literal(true).optional(),
      user: z.string().optional(),
      cap_drop: z.tuple([z.literal('ALL')]),
      security_opt: z.tuple([z.literal('no-new-privileges:true')]),
      volumes: z.array(z.string()).default([]),
      depends_on: z.record(z.string(), z.strictObject({ condition: z.string() })).default({}),
    }),
  ),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
});

/** As Compose reads it where no variable is set. */
const withDefaults = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

const { services, secrets } = composeFile.parse(parse(withDefaults(textOf('docker-compose.yml')), { merge: true }));

/** The client stores with a profile, and what each starts besides. */
const STORE_PROFILES: Record<string, string[]> = {
  ldap: ['ldap'],
  mongodb: ['mongodb'],
  cassandra: ['cassandra', 'cassandra-schema'],
  redis: [],
};
const ofProfile = ([name, others]: [string, string[]]): string[] => [
  ...others,
  `clients-${name}`,
  `authentication-${name}`,
];
/** Official images whose start scripts write into the container, as a user that is not root. */
const WRITING = ['cassandra', 'mongodb'];

/** Configuration with the secrets that a container has where Compose mounts them. */
function readMounted(schema: ConfigSchema, name: string, env = services[name]?.environment): unknown {
  const readTextFile = (path: string): string => {
    const secret = /^\/run\/secrets\/(.+)$/.exec(path)?.[1] ?? '';
    if (services[name]?.secrets.includes(secret) !== true) throw new Error(`${path} is not mounted`);
    return textOf(secrets[secret]?.file ?? 'missing');
  };
  return readConfig(schema, { env: { CONFIG_STRICT: 'true', ...env }, readTextFile });
}

describe('docker-compose.yml', () => {
  it('runs every container without capabilities or new privileges, and all of ours without write access', () => {
    // The schema above says of each that it has no capability; this is that there are some.
    const otherServices = ['keys', 'opa', 'phone', 'redis', ...Object.entries(STORE_PROFILES).flatMap(ofProfile)];
    expect(Object.keys(services).sort()).toEqual([...Object.keys(SERVICE_SCHEMAS), ...otherServices].sort());
    const writers = Object.keys(services).filter((name) => services[name]?.read_only !== true);
    expect(writers.sort()).toEqual(WRITING);
    expect(writers.map((name) => services[name]?.user)).toEqual(WRITING.map(() => '999:999'));
  });

  it('has a profile for every store that is asked over the network', () => {
    expect(Object.keys(STORE_PROFILES).sort()).toEqual([...REMOTE_STORES].sort());
  });

  it.each(Object.entries(STORE_PROFILES))(
    'with profile %s alone starts the store, %j and an authentication over it',
    (...profile) => {
      const [name] = profile;
      const names = Object.keys(services).filter((one) => services[one]?.profiles.includes(name));
      expect(names.sort()).toEqual(ofProfile(profile).sort());
      const replica = services[`authentication-${name}`];
      expect(replica?.image).toBe(services['authentication']?.image);
      expect(replica?.volumes).toEqual(['authentication-keys:/etc/mandate/keys:ro']);
      const { CLIENT_CREDENTIALS_JSON_PATH: file, ...shared } = services['authentication']?.environment ?? {};
      expect(file).toBeDefined();
      expect(replica?.environment).toMatchObject({ ...shared, CLIENT_CREDENTIALS_STORE: name });
      expect(replica?.environment).not.toHaveProperty('CLIENT_CREDENTIALS_JSON_PATH');
      expect(replica?.depends_on).toMatchObject({
        [`clients-${name}`]: { condition: 'service_completed_successfully' },
      });
    },
  );

  it.each(Object.keys(STORE_PROFILES))(
    'gives the replica over %s, and what fills it, variables of their schema and the secrets that these name',
    (name) => {
      const config = readMounted(authenticationConfig, `authentication-${name}`);
      expect(config).toMatchObject({ CLIENT_CREDENTIALS_STORE: [name] });
      const filler = services[`clients-${name}`];
      const command = `node scripts/clients-import.ts ${name} /etc/mandate/config/clients.json --apply`;
      expect(filler?.command.join(' ')).toBe(command);
      // As the command itself does, which has the name of the store as an argument.
      const env = { ...filler?.environment, CLIENT_CREDENTIALS_STORE: name };
      expect(readMounted(authenticationConfig, `clients-${name}`, env)).toMatchObject({
        CLIENT_CREDENTIALS_STORE: [name],
      });
    },
  );

  it('mounts every secret that is named where it is read, and every file of a secret is there', () => {
    const secretPairs = Object.entries(services).flatMap(([name, { environment }]) =>
      Object.values(environment).flatMap((value) => {
        const secret = /^\/run\/secrets\/(.+)$/.exec(value)?.[1];
        return secret === undefined ? [] : [[name, secret]];
      }),
    );
    expect(secretPairs.length).toBeGreaterThan(5);
    expect(secretPairs.filter(([name = '', secret = '']) => services[name]?.secrets.includes(secret) !== true)).toEqual(
      [],
    );
    for (const { file } of Object.values(secrets)) expect(textOf(file)).toMatch(/^\S+\n$/);
  });

  it.each(Object.entries(SERVICE_SCHEMAS))('configures %s with variables and values of its schema', (name, schema) => {
    const env = services[name]?.environment ?? {};
    expect(Object.keys(env).filter((variable) => !(variable in schema.shape))).toEqual([]);
    expect(() => readConfig(schema, { env })).not.toThrow();
  });

  it.each(Object.entries(SERVICE_SCHEMAS))(
    'T23 gives %s the one Redis, where it looks at revocations',
    (name, schema) => {
      const looks = 'REDIS_URL' in schema.shape;
      expect(services[name]?.environment['REDIS_URL']).toBe(looks ? 'redis://redis:6379' : undefined);
      expect(services[name]?.depends_on['redis']).toEqual(looks ? { condition: 'service_healthy' } : undefined);
      expect(services[name]?.depends_on['keys']).toEqual({ condition: 'service_completed_successfully' });
    },
  );

  it('lets the clients of authentication call token-exchange with their secret too, as explain does', () => {
    const file = (name: string) => services[name]?.environment['CLIENT_CREDENTIALS_JSON_PATH'];
    expect([file('authentication'), file('token-exchange')]).toEqual(Array(2).fill(expect.stringMatching(/clients/)));
  });

  it('lets clients of authentication act as somebody: it asks token-exchange, and does not wait for it at start', () => {
    const { environment: env, depends_on: waits } = services['authentication'] ?? {};
    expect(env?.['ACT_AS_EXCHANGE_URL']).toBe('http://token-exchange:8080/oauth2/token');
    expect(Object.keys(waits ?? {})).not.toContain('token-exchange');
    expect(services['token-exchange']?.environment['ACT_AS_SUBJECT_ISSUER']).toBe(env?.['TOKEN_ISSUER']);
  });

  it('lets the help-desk ask people: their phone has the questions of authentication, which knows token-exchange by its keys', () => {
    const environmentOf = (name: string): Record<string, string> => services[name]?.environment ?? {};
    const [authenticationEnv, exchangeEnv, phone] = ['authentication', 'token-exchange', 'phone'].map(environmentOf);
    const authentication = authenticationEnv?.['TOKEN_ISSUER'];
    expect(exchangeEnv).toMatchObject({ CONSENT_URL: authentication, CONSENT_ISSUER: authentication });
    expect(phone).toMatchObject({
      AUTHENTICATION_URL: authentication,
      PHONE_URL: authenticationEnv?.['CIBA_WEBHOOK_URL'],
    });
    expect(Object.keys(services['authentication']?.depends_on ?? {})).not.toContain('phone');
    const clients = parseClients(textOf('config/development/clients.json'));
    const tokenExchange = `http://${String(authenticationEnv?.['OUTBOUND_PRIVATE_HOSTS'])}`;
    expect(exchangeEnv).toMatchObject({ TOKEN_ISSUER: tokenExchange });
    expect(clients.get('token-exchange')).toMatchObject({
      secrets: [],
      jwksUri: `${tokenExchange}/.well-known/jwks.json`,
      grantTypes: [CIBA_GRANT],
    });
    expect(clients.get('phone')?.scopes).toEqual(['ciba-decide']);
  });

  it.each(Object.keys(SERVICE_SCHEMAS))('mounts every file that a variable of %s names', (name) => {
    const targets = services[name]?.volumes.map((volume) => volume.split(':')[1]) ?? [];
    const files = Object.values(services[name]?.environment ?? {}).filter((value) => value.startsWith('/'));
    expect(files.filter((file) => !targets.some((target) => file.startsWith(`${target}/`)))).toEqual([]);
    expect(services[name]?.volumes.filter((volume) => !volume.endsWith(':ro'))).toEqual([]);
  });
});

describe('Dockerfile', () => {
  const dockerfile = textOf('Dockerfile');

  it('copies the manifest of every workspace before it installs', () => {
    const manifests = ['packages', 'services'].flatMap((group) =>
      readdirSync(resolve(root, group)).map((name) => `${group}/${name}/package.json`),
    );
    const beforeInstall = dockerfile.slice(0, dockerfile.indexOf('RUN npm ci'));
    expect(manifests.length).toBeGreaterThan(8);
    expect(manifests.filter((path) => !beforeInstall.includes(`COPY ${path} `))).toEqual([]);
  });

  it.each(Object.keys(SERVICE_SCHEMAS))('has a last stage for %s that runs the usual line', (name) => {
    expect(dockerfile).toContain(`FROM runtime AS ${name}\nCMD ["node", "services/${name}/dist/main.js"]\n`);
  });

  it('ends as a numbered user that is not root, stopped by SIGTERM', () => {
    const runtime = dockerfile.slice(dockerfile.indexOf(' AS runtime'));
    expect(runtime).toContain('\nUSER 65532:65532\n');
    expect(runtime).toContain('\nSTOPSIGNAL SIGTERM\n');
    expect(runtime).toContain('\nEXPOSE 8080 9090\n');
  });
});
