import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { REMOTE_STORES } from '@mandate/composition';
import { readConfig } from '@mandate/service-kit';
import { type Deployment, deployment } from './kubernetes-objects.js';
import { describeRendered, renderOverlay } from './rendered-overlay.js';
import { SERVICE_SCHEMAS } from './service-schemas.js';

const components = resolve(import.meta.dirname, '../../k8s/components');
/** The services that have clients with secrets. */
const WITH_CLIENTS = ['authentication', 'token-exchange'];
/** What a person puts into the Secret of a store. */
const SECRETS: Record<string, Record<string, string>> = {
  ldap: { password: 'a-password', 'ca.pem': '' },
  mongodb: { url: 'mongodb://mandate:a-password@mongodb.example.com/?tls=true', 'ca.pem': '' },
  cassandra: { password: 'a-password', 'ca.pem': '' },
  redis: { url: 'rediss://mandate:a-password@redis.example.com:6379' },
};

it('every client store that is asked over the network has a component of Kubernetes', () => {
  const stores = readdirSync(components).flatMap((name) => /^clients-(.+)$/.exec(name)?.[1] ?? []);
  expect(stores.sort()).toEqual([...REMOTE_STORES].sort());
});

describeRendered.each(REMOTE_STORES)('the component clients-%s', (store) => {
  let deployments: Deployment[];
  beforeAll(async () => {
    const { objects } = await renderOverlay('json', { components: [`clients-${store}`] });
    const ownDeployments = objects.filter(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name in SERVICE_SCHEMAS,
    );
    deployments = ownDeployments.map((object) => deployment.parse(object));
  });
  const of = (service: string) => {
    const pod = deployments.find(({ metadata }) => metadata.name === service)?.spec.template.spec;
    if (pod === undefined) throw new Error(`${service} is not deployed`);
    const env = Object.fromEntries(pod.containers[0].env.map(({ name, value }) => [name, value]));
    return { env, pod, container: pod.containers[0] };
  };

  it.each(WITH_CLIENTS)('gives %s variables and values of its schema, with what the Secret has', (service) => {
    const { env } = of(service);
    const schema = SERVICE_SCHEMAS[service];
    if (schema === undefined) throw new Error('no such service');
    const readTextFile = (path: string): string => {
      const key = /^\/etc\/mandate\/store\/(.+)$/.exec(path)?.[1];
      // Of the secrets of the overlay itself: overlays.test.ts.
      if (key === undefined) return 'redis://redis:6379';
      const content = SECRETS[store]?.[key];
      if (content === undefined) throw new Error(`the Secret has no ${key}`);
      return content;
    };
    const config = readConfig(schema, { env: { ...env, CONFIG_STRICT: 'true' }, readTextFile });
    expect(config).toMatchObject({ CLIENT_CREDENTIALS_STORE: ['json', store] });
    const own = Object.keys(env).filter((name) => name.startsWith(`CLIENT_CREDENTIALS_${store.toUpperCase()}_`));
    expect(own.length).toBeGreaterThan(0);
    // No password but in a Secret.
    expect(own.filter((name) => /_(?:PASSWORD|URL)$/.test(name))).toEqual([]);
  });

  it.each(WITH_CLIENTS)(
    'mounts its Secret at %s, which its files alone come from, and says which they are',
    (service) => {
      const { env, pod, container } = of(service);
      const files = Object.values(env).flatMap((value) => /^\/etc\/mandate\/store\/(.+)$/.exec(value)?.[1] ?? []);
      expect(files.sort()).toEqual(Object.keys(SECRETS[store] ?? {}).sort());
      const mount = container.volumeMounts.find(({ mountPath }) => mountPath === '/etc/mandate/store');
      const volume = pod.volumes.find(({ name }) => name === mount?.name);
      expect(volume?.secret).toEqual({ secretName: `clients-${store}`, defaultMode: 0o440 });
      const text = readFileSync(resolve(components, `clients-${store}/kustomization.yaml`), 'utf8');
      for (const file of files) expect(text).toMatch(new RegExp(`^#   ${file.replace('.', '\\.')} +\\S`, 'm'));
    },
  );

  it('has pods ready when /readyz says so, of which the store is a part, and no client of it elsewhere', () => {
    for (const service of WITH_CLIENTS) {
      expect(of(service).container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'management' });
    }
    expect(Object.keys(of('token-validation').env).filter((name) => name.startsWith('CLIENT_'))).toEqual([]);
  });
});
