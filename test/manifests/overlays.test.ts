import { beforeAll, expect, it } from '@jest/globals';
import { describeVariables, readConfig } from '@mandate/service-kit';
import { parse } from 'yaml';
import {
  type Deployment,
  deployment,
  keyedText,
  RESTRICTED_CONTAINER,
  RESTRICTED_POD,
  selectorObject,
} from './kubernetes-objects.js';
import {
  type RenderedOverlay,
  SECRET_CANARY,
  describeRendered,
  overlayNames,
  renderOverlay,
} from './rendered-overlay.js';
import { SERVICE_SCHEMAS } from './service-schemas.js';

/** From SIGTERM a service is gone after this long. */
const EXIT_SECONDS = 25;
/** Time for every node to learn that an endpoint is gone. */
const ENDPOINT_LAG_SECONDS = 5;
const REQUEST_SECONDS = 15;

const ofKind = (overlay: RenderedOverlay, kind: string) => overlay.objects.filter((object) => object.kind === kind);
const deployments = (overlay: RenderedOverlay): Deployment[] =>
  ofKind(overlay, 'Deployment')
    .filter(({ metadata }) => metadata.name in SERVICE_SCHEMAS)
    .map((object) => deployment.parse(object));
const environment = (of: Deployment): Record<string, string> =>
  Object.fromEntries(of.spec.template.spec.containers[0].env.map(({ name, value }) => [name, value]));
const names = await overlayNames();
const pods = names.flatMap((name) => Object.keys(SERVICE_SCHEMAS).map((service) => ({ name, service })));

const renderedOverlays = new Map<string, RenderedOverlay>();
// Where every suite below is skipped, this is, too.
beforeAll(async () => {
  for (const name of names) renderedOverlays.set(name, await renderOverlay(name));
});

describeRendered.each(names)('overlay %s', (name) => {
  let overlay: RenderedOverlay;
  beforeAll(() => {
    overlay = renderedOverlays.get(name)!;
  });

  it('deploys the three services', () => {
    const names = deployments(overlay).map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(Object.keys(SERVICE_SCHEMAS).sort());
  });

  it('lets the clients of authentication call token-exchange with their secret too, as explain does', () => {
    const variables = ['CLIENT_CREDENTIALS_JSON_PATH', 'CLIENT_SECRET_SECURITY_SCHEME'] as const;
    const of = (service: string) => {
      const match = deployments(overlay).find(({ metadata }) => metadata.name === service);
      return variables.map((variable) => match && environment(match)[variable]);
    };
    expect(of('token-exchange')).toEqual(['/etc/mandate/clients/clients.json', 'scrypt']);
    expect(of('token-exchange')).toEqual(of('authentication'));
  });

  it('lets clients of authentication act as somebody: it asks the Service of token-exchange, which knows whose people', () => {
    const [authentication, tokenExchange] = ['authentication', 'token-exchange'].map((service) => {
      const match = deployments(overlay).find(({ metadata }) => metadata.name === service);
      return match && environment(match);
    });
    expect(authentication?.['ACT_AS_EXCHANGE_URL']).toBe('http://token-exchange:8080/oauth2/token');
    expect(tokenExchange?.['ACT_AS_SUBJECT_ISSUER']).toBe(authentication?.['TOKEN_ISSUER']);
    expect(ofKind(overlay, 'Service').map(({ metadata }) => metadata.name)).toContain('token-exchange');
  });

  it('lives in a namespace where the restricted profile is enforced', () => {
    const [namespace] = ofKind(overlay, 'Namespace');
    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    const elsewhere = overlay.objects.filter(({ kind, metadata }) => {
      return kind !== 'Namespace' && metadata.namespace !== namespace?.metadata.name;
    });
    expect(elsewhere).toEqual([]);
  });

  it('has no secret outside a Secret', () => {
    const holders = overlay.objects.filter((object) => {
      const text = JSON.stringify(object);
      return text.includes(SECRET_CANARY) || text.includes(Buffer.from(SECRET_CANARY).toString('base64').slice(0, 24));
    });
    expect(holders.filter(({ kind }) => kind !== 'Secret')).toEqual([]);
    const secrets = ofKind(overlay, 'Secret').map((object) => keyedText.parse(object));
    const texts = secrets.flatMap(({ data }) =>
      Object.values(data).map((value) => Buffer.from(value, 'base64').toString()),
    );
    expect(texts.every((text) => text.includes(SECRET_CANARY))).toBe(true);
    expect(texts).toHaveLength(overlay.name === 'openam' ? 6 : 5);
  });

  it('has configuration in its ConfigMaps that names no secret member', () => {
    const texts = ofKind(overlay, 'ConfigMap').flatMap((object) => Object.values(keyedText.parse(object).data));
    for (const text of texts) expect(text).not.toMatch(/secret|password|"(d|p|q|dp|dq|qi|k)"\s*:/i);
  });

  it('denies every flow that no policy names', () => {
    const denial = ofKind(overlay, 'NetworkPolicy').find(({ metadata }) => metadata.name === 'default-deny');
    expect(denial).toMatchObject({ spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } });
    expect(Object.keys(denial?.['spec'] as object).sort()).toEqual(['podSelector', 'policyTypes']);
  });

  it('trusts exactly the issuers that it deploys', () => {
    const issuersMap = keyedText.parse(
      ofKind(overlay, 'ConfigMap').find(({ metadata }) => metadata.name === 'trusted-issuers'),
    );
    const trustedIssuers = (parse(issuersMap.data['trusted-issuers.json'] ?? '') as { issuer: string }[]).map(
      ({ issuer }) => issuer,
    );
    const issuers = deployments(overlay)
      .map(environment)
      .filter((env) => 'TOKEN_SIGNATURE_JWKS_FILE' in env);
    expect(trustedIssuers.sort()).toEqual(issuers.map((env) => env['TOKEN_ISSUER']).sort());
  });

  it('has a Service and a PodDisruptionBudget that select the pods of each Deployment', () => {
    for (const kind of ['Service', 'PodDisruptionBudget']) {
      const selectors = ofKind(overlay, kind).map((object) => selectorObject.parse(object));
      for (const of of deployments(overlay)) {
        const own = selectors.find(({ metadata }) => metadata.name === of.metadata.name);
        expect({ kind, selector: own?.spec.selector }).toEqual({ kind, selector: of.spec.selector.matchLabels });
      }
    }
  });
});

describeRendered.each(pods)('$name: $service', ({ name, service }) => {
  let overlay: RenderedOverlay;
  let of: Deployment;
  beforeAll(() => {
    overlay = renderedOverlays.get(name)!;
    of = deployments(overlay).find(({ metadata }) => metadata.name === service)!;
  });
  const pod = () => of.spec.template.spec;
  const container = () => pod().containers[0];

  it('runs the line that runs it in a shell, from an image of a fixed version', () => {
    expect(container().command).toEqual(['node', `services/${of.metadata.name}/dist/main.js`]);
    expect(container().image).toMatch(/^[a-z0-9./-]+:\d+\.\d+\.\d+$/);
    expect(container()['imagePullPolicy']).toBe('IfNotPresent');
  });

  it('sets only variables of its schema, with values that the schema accepts', () => {
    const schema = SERVICE_SCHEMAS[of.metadata.name]!;
    const env = environment(of);
    const knownNames = describeVariables(schema).flatMap(({ name, secret }) =>
      secret ? [name, `${name}_FILE`] : [name],
    );
    expect(Object.keys(env).filter((name) => !knownNames.includes(name))).toEqual([]);
    // A mounted secret is of the kind that the schema wants: here there is none to look at.
    const readTextFile = () => 'redis://redis:6379';
    expect(() => readConfig(schema, { env, readTextFile })).not.toThrow();
  });

  it('T23 keeps what replicas share where every replica sees it', () => {
    const { REQUIRE_SHARED_STATE: required, REDIS_URL: open, REDIS_URL_FILE: file } = environment(of);
    expect({ required, open, file }).toEqual({ required: 'true', open: undefined, file: '/etc/mandate/redis/url' });
    expect(pod().volumes.flatMap(({ secret }) => secret?.secretName ?? [])).toContain('redis-url');
  });

  it('finds every file that a variable names in a mounted volume that the overlay fills', () => {
    for (const [name, value] of Object.entries(environment(of)).filter(([, text]) => text.startsWith('/'))) {
      const mount = container().volumeMounts.find(({ mountPath }) => value.startsWith(`${mountPath}/`));
      const volume = pod().volumes.find((candidate) => candidate.name === mount?.name);
      const source = volume?.secret?.secretName ?? volume?.configMap?.name;
      const holder = overlay.objects.find(({ kind, metadata }) => {
        return kind === (volume?.secret ? 'Secret' : 'ConfigMap') && metadata.name === source;
      });
      const files = holder && Object.keys(keyedText.parse(holder).data);
      const file = value.slice((mount?.mountPath.length ?? 0) + 1);
      expect({ name, files }).toEqual({ name, files: expect.arrayContaining([file]) });
    }
  });

  it('K7 mounts secrets for its own group and nobody else', () => {
    const modes = pod().volumes.flatMap(({ secret }) => secret?.defaultMode ?? []);
    expect(modes.filter((mode) => mode !== 0o440)).toEqual([]);
  });

  it('is restricted: no root, no privilege, no capability, no write, no API token', () => {
    expect(pod().securityContext).toEqual(RESTRICTED_POD);
    expect(container().securityContext).toEqual(RESTRICTED_CONTAINER);
    expect(pod()).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    const account = ofKind(overlay, 'ServiceAccount').find(
      ({ metadata }) => metadata.name === pod().serviceAccountName,
    );
    expect(account).toMatchObject({ automountServiceAccountToken: false });
  });

  it('is probed on the management port, liveness without dependencies', () => {
    const { startupProbe, livenessProbe, readinessProbe, ports } = container();
    expect([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet)).toEqual([
      { path: '/livez', port: 'management' },
      { path: '/livez', port: 'management' },
      { path: '/readyz', port: 'management' },
    ]);
    const { PORT, MANAGEMENT_PORT } = environment(of);
    expect(ports).toEqual([
      { name: 'http', containerPort: Number(PORT) },
      { name: 'management', containerPort: Number(MANAGEMENT_PORT) },
    ]);
  });

  it('S10 ends in time: preStop, drain and the longest request fit before SIGKILL', () => {
    const preStop = container().lifecycle.preStop.sleep.seconds;
    const drain = Number(environment(of)['SHUTDOWN_DRAIN_SECONDS']);
    const { readinessProbe } = container();
    expect(preStop).toBeGreaterThanOrEqual(ENDPOINT_LAG_SECONDS);
    expect(drain).toBeGreaterThanOrEqual(readinessProbe.periodSeconds * readinessProbe.failureThreshold);
    expect(drain + REQUEST_SECONDS).toBeLessThanOrEqual(EXIT_SECONDS);
    expect(pod().terminationGracePeriodSeconds).toBeGreaterThanOrEqual(preStop + EXIT_SECONDS);
  });

  it('is spread over nodes and zones', () => {
    const spreads = pod().topologySpreadConstraints;
    expect(spreads.map(({ topologyKey }) => topologyKey)).toEqual([
      'kubernetes.io/hostname',
      'topology.kubernetes.io/zone',
    ]);
    for (const { labelSelector } of spreads) expect(labelSelector.matchLabels).toEqual(of.spec.selector.matchLabels);
    expect(of.spec.template.metadata.labels).toMatchObject(of.spec.selector.matchLabels);
  });
});
