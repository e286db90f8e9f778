import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { deployment, kubernetesObject, selectorObject } from './kubernetes-objects.js';
import { type MetricCatalogue, readMetricCatalogue } from './metric-catalogue.js';
import { findUnknown } from './promql.js';
import { type RenderedOverlay, describeRendered, renderOverlay } from './rendered-overlay.js';
import { SERVICE_SCHEMAS } from './service-schemas.js';

const file = resolve(import.meta.dirname, '../../k8s/components/monitoring/dashboard.json');
const dashboard = z
  .object({ panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })) })
  .parse(JSON.parse(readFileSync(file, 'utf8')));
const expressions = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));

const serviceMonitor = kubernetesObject.extend({
  spec: z.strictObject({
    jobLabel: z.string(),
    selector: z.strictObject({
      matchExpressions: z.tuple([
        z.strictObject({ key: z.string(), operator: z.literal('In'), values: z.array(z.string()) }),
      ]),
    }),
    endpoints: z.tuple([z.strictObject({ targetPort: z.string(), path: z.string(), interval: z.string() })]),
  }),
});

describe('the dashboard of k8s/components/monitoring', () => {
  let catalogue: MetricCatalogue;
  beforeAll(async () => {
    catalogue = await readMetricCatalogue();
  });

  it.each(expressions)('draws "$title" from metrics that the services have: $expr', ({ expr }) => {
    expect(findUnknown(expr, catalogue)).toEqual([]);
  });
});

describeRendered('k8s/components/monitoring', () => {
  let overlay: RenderedOverlay;
  beforeAll(async () => {
    overlay = await renderOverlay('production');
  });
  const ofKind = (wantedKind: string) => overlay.objects.filter(({ kind }) => kind === wantedKind);

  it('has every pod of the three services scraped where it has its metrics, under the name of the service', () => {
    const { spec } = serviceMonitor.parse(ofKind('ServiceMonitor')[0]);
    const { key, values } = spec.selector.matchExpressions[0];
    const services = ofKind('Service').map((object) => selectorObject.parse(object));
    const matches = services.filter(({ metadata }) => values.includes(metadata.labels[key] ?? ''));
    expect(matches.map(({ metadata }) => metadata.labels[spec.jobLabel]).sort()).toEqual(
      Object.keys(SERVICE_SCHEMAS).sort(),
    );
    const [{ targetPort, path }] = spec.endpoints;
    expect(path).toBe('/metrics');
    for (const object of ofKind('Deployment')) {
      const { env, ports } = deployment.parse(object).spec.template.spec.containers[0];
      const management = env.find(({ name }) => name === 'MANAGEMENT_PORT')?.value;
      expect(ports).toContainEqual({ name: targetPort, containerPort: Number(management) });
    }
  });

  it('lets nobody but Prometheus reach that port', () => {
    const policies = ofKind('NetworkPolicy').filter((policy) => JSON.stringify(policy).includes('management'));
    expect(policies.map(({ metadata }) => metadata.name)).toEqual(['metrics-in']);
  });

  it('has a dashboard that Grafana finds by its label', () => {
    const dashboards = ofKind('ConfigMap').filter(({ metadata }) => metadata.labels['grafana_dashboard'] === '1');
    expect(dashboards.map(({ metadata }) => metadata.name)).toEqual(['mandate-dashboard']);
  });
});
