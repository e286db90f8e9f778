import { beforeAll, expect, it } from '@jest/globals';
import { deployment } from './kubernetes-objects.js';
import { type RenderedOverlay, describeRendered, renderOverlay } from './rendered-overlay.js';
import { SERVICE_SCHEMAS } from './service-schemas.js';

describeRendered('k8s/components/people', () => {
  let overlay: RenderedOverlay;
  beforeAll(async () => {
    overlay = await renderOverlay('json', { components: ['people'] });
  });
  const environment = (service: string): Record<string, string> => {
    const found = overlay.objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === service);
    const { env } = deployment.parse(found).spec.template.spec.containers[0];
    return Object.fromEntries(env.map(({ name, value }) => [name, value]));
  };

  it('has token-exchange ask authentication at its Service, by the issuer that it has', () => {
    const { CONSENT_URL: consentUrl, CONSENT_ISSUER: issuer } = environment('token-exchange');
    const { hostname, port } = new URL(consentUrl ?? '');
    expect(issuer).toBe(environment('authentication')['TOKEN_ISSUER']);
    const service = overlay.objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === hostname);
    expect(service).toMatchObject({ spec: { ports: [{ port: Number(port) }] } });
  });

  it('names variables that the services have', () => {
    for (const service of ['authentication', 'token-exchange']) {
      const known = Object.keys(SERVICE_SCHEMAS[service]?.shape ?? {});
      const named = Object.keys(environment(service)).filter((name) => /^(CIBA|CONSENT)_/.test(name));
      expect(named.length).toBeGreaterThan(1);
      expect(named.filter((name) => !known.includes(name))).toEqual([]);
    }
  });
});
