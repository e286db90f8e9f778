import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { deployment, kubernetesObject } from './kubernetes-objects.js';
import { type RenderedOverlay, describeRendered, renderOverlay } from './rendered-overlay.js';
import { SERVICE_SCHEMAS } from './service-schemas.js';

const folder = resolve(import.meta.dirname, '../../k8s/overlays/production');

const backend = z.strictObject({
  service: z.strictObject({ name: z.string(), port: z.strictObject({ name: z.literal('http') }) }),
});
const ingress = kubernetesObject.extend({
  spec: z.strictObject({
    ingressClassName: z.string(),
    tls: z.tuple([z.strictObject({ secretName: z.string(), hosts: z.array(z.string()) })]),
    rules: z.array(
      z.strictObject({
        host: z.string(),
        http: z.strictObject({
          paths: z.tuple([z.strictObject({ path: z.literal('/'), pathType: z.literal('Prefix'), backend })]),
        }),
      }),
    ),
  }),
});
const route = kubernetesObject.extend({
  spec: z.looseObject({
    hostnames: z.tuple([z.string()]),
    rules: z.tuple([
      z.strictObject({ backendRefs: z.tuple([z.strictObject({ name: z.string(), port: z.number() })]) }),
    ]),
  }),
});

const ofKind = ({ objects }: RenderedOverlay, wantedKind: string) => objects.filter(({ kind }) => kind === wantedKind);

/** The host of each service's issuer identifier. */
function publicHosts(overlay: RenderedOverlay): Record<string, string> {
  const services = ofKind(overlay, 'Deployment').map((object) => deployment.parse(object));
  return Object.fromEntries(
    services.map(({ metadata, spec }) => {
      const { env } = spec.template.spec.containers[0];
      const issuer = new URL(env.find(({ name }) => name === 'TOKEN_ISSUER')?.value ?? '');
      expect(issuer.protocol).toBe('https:');
      return [metadata.name, issuer.host];
    }),
  );
}

describe('overlay production', () => {
  it('has everything that a person changes in kustomization.yaml, and the policy beside it', () => {
    const files = readdirSync(folder).filter((name) => name !== 'secrets');
    expect(files.sort()).toEqual(['kustomization.yaml', 'pods.yaml', 'policy.json']);
    expect(readFileSync(join(folder, 'pods.yaml'), 'utf8')).not.toMatch(/example|192\.0\.2/);
  });

  it('has one domain in it, so that one line of sed changes it', () => {
    const text = readFileSync(join(folder, 'kustomization.yaml'), 'utf8');
    const domains = new Set(text.match(/[\w.-]*example\.com/g));
    expect([...domains].filter((name) => !name.endsWith('mandate.example.com'))).toEqual(['registry.example.com']);
  });
});

describeRendered('overlay production, rendered', () => {
  let overlay: RenderedOverlay;
  beforeAll(async () => {
    overlay = await renderOverlay('production');
  });

  it('is reached at the names that its tokens carry, by TLS for each', () => {
    const { spec } = ingress.parse(ofKind(overlay, 'Ingress')[0]);
    const routes = spec.rules.map(({ host, http }) => [http.paths[0].backend.service.name, host]);
    expect(Object.fromEntries(routes)).toEqual(publicHosts(overlay));
    expect(spec.tls[0].hosts).toEqual(spec.rules.map(({ host }) => host));
  });

  it('leaves the names to components/ingress and gateway, which have the same', async () => {
    const otherOverlay = await renderOverlay('json', { components: ['ingress', 'gateway'] });
    const byIngress = ingress.parse(ofKind(otherOverlay, 'Ingress')[0]).spec.rules;
    const byGateway = ofKind(otherOverlay, 'HTTPRoute').map((object) => route.parse(object));
    const hosts = byGateway.map(({ spec }) => [spec.rules[0].backendRefs[0].name, spec.hostnames[0]]);
    expect(Object.fromEntries(hosts)).toEqual(publicHosts(overlay));
    expect(byIngress.map(({ host }) => host).sort()).toEqual(hosts.map(([, host]) => host).sort());
  });

  it('goes without what a cluster has not, by one line less for each', async () => {
    const without = ['hpa', 'ingress', 'monitoring'];
    const smallerOverlay = await renderOverlay('production', { without, components: ['gateway'] });
    const kinds = new Set(smallerOverlay.objects.map(({ kind }) => kind));
    for (const kind of ['HorizontalPodAutoscaler', 'Ingress', 'ServiceMonitor', 'PrometheusRule']) {
      expect(kinds).not.toContain(kind);
    }
    expect(Object.keys(publicHosts(smallerOverlay))).toHaveLength(3);
    expect(ofKind(smallerOverlay, 'HTTPRoute')).toHaveLength(3);
  });

  it('T23 has a Redis elsewhere, believed by its own authority', () => {
    const services = ofKind(overlay, 'Deployment').map((object) => deployment.parse(object));
    expect(services.map(({ metadata }) => metadata.name).sort()).toEqual(Object.keys(SERVICE_SCHEMAS).sort());
    for (const { spec } of services) {
      const { env } = spec.template.spec.containers[0];
      expect(env).toContainEqual({ name: 'REDIS_CA_FILE', value: '/etc/mandate/redis/ca.pem' });
    }
  });
});
