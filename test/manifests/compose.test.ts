import { describe, expect, it } from '@jest/globals';
import { readConfig } from '@mandate/service-kit';
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
      environment: z.record(z.string(), z.string()).default({}),
      read_only: z.literal(true),
      cap_drop: z.tuple([z.literal('ALL')]),
      security_opt: z.tuple([z.literal('no-new-privileges:true')]),
      volumes: z.array(z.string()).default([]),
      depends_on: z.record(z.string(), z.strictObject({ condition: z.string() })).default({}),
    }),
  ),
});

/** As Compose reads it where no variable is set. */
const withDefaults = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

const { services } = composeFile.parse(parse(withDefaults(textOf('docker-compose.yml')), { merge: true }));

describe('docker-compose.yml', () => {
  it('runs every container without write access, capabilities or new privileges', () => {
    // The schema above says so of each; this is that there are some.
    expect(Object.keys(services).sort()).toEqual([...Object.keys(SERVICE_SCHEMAS), 'keys', 'opa', 'redis'].sort());
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
    const { environment: asking, depends_on: waits } = services['authentication'] ?? {};
    expect(asking?.['ACT_AS_EXCHANGE_URL']).toBe('http://token-exchange:8080/oauth2/token');
    expect(Object.keys(waits ?? {})).not.toContain('token-exchange');
    expect(services['token-exchange']?.environment['ACT_AS_SUBJECT_ISSUER']).toBe(asking?.['TOKEN_ISSUER']);
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
