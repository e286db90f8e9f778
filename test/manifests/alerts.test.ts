import { beforeAll, describe, expect, it } from '@jest/globals';
import { promtoolProgram, startRealPart, testDirectory } from '@mandate/testing';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { ALERT_CASES, type AlertCase } from './alert-cases.js';
import { type MetricCatalogue, readMetricCatalogue } from './metric-catalogue.js';
import { findUnknown } from './promql.js';

const promtool = await startRealPart(promtoolProgram, process.env);
const file = resolve(import.meta.dirname, '../../k8s/components/monitoring/alerts.yaml');
const rule = z.strictObject({
  alert: z.string().regex(/^Mandate[A-Z]/),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string() }),
});
const { spec } = z
  .object({ spec: z.object({ groups: z.array(z.object({ name: z.string(), rules: z.array(rule) })) }) })
  .parse(parse(readFileSync(file, 'utf8')));
const rules = spec.groups.flatMap((group) => group.rules);

describe('the alerts of k8s/components/monitoring', () => {
  let catalogue: MetricCatalogue;
  beforeAll(async () => {
    catalogue = await readMetricCatalogue();
  });

  it.each(rules)('$alert asks for metrics, labels and values that the services have', ({ expr }) => {
    expect(findUnknown(expr, catalogue)).toEqual([]);
  });

  it('are each tried below', () => {
    const alerts = new Set(ALERT_CASES.map(({ alert }) => alert));
    expect([...alerts]).toEqual(rules.map(({ alert }) => alert));
  });
});

describe('what is compared with the catalogue of metrics', () => {
  const catalogue: MetricCatalogue = new Map([['requests_total', { status: ['200', '503'], job: [] }]]);
  it.each([
    ['sum by (job) (rate(requests_total{status=~"5.."}[5m])) > 0', []],
    ['rate(request_total[5m])', ['request_total']],
    ['requests_total{code="503"}', ['requests_total: code="503"']],
    ['requests_total{status="504"}', ['requests_total: status="504"']],
    ['sum by (path) (requests_total)', ['grouping by path']],
    ['vector(1)', ['no metric']],
  ])('%s', (expression, unknown) => {
    expect(findUnknown(expression, catalogue)).toEqual(unknown);
  });
});

(promtool === undefined ? describe.skip : describe)('promtool', () => {
  const directory = testDirectory();
  writeFileSync(join(directory, 'rules.yml'), stringify(spec));

  /** Runs it where the rules are; rejects with what it complains about. */
  const run = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(promtool?.address ?? '', args, { cwd: directory })).stdout;

  async function tryAlert(of: AlertCase, series: AlertCase['fires'], fires: boolean): Promise<string> {
    const { severity } = rules.find(({ alert }) => alert === of.alert)?.labels ?? {};
    const expectedAlert = { exp_labels: { ...of.labels, severity }, exp_annotations: { summary: of.summary } };
    const test = {
      interval: '15s',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [{ eval_time: `${of.minutes}m`, alertname: of.alert, exp_alerts: fires ? [expectedAlert] : [] }],
    };
    const name = `${of.alert}-${fires}.yml`;
    const document = { rule_files: ['rules.yml'], evaluation_interval: '15s', tests: [test] };
    writeFileSync(join(directory, name), stringify(document));
    return run('test', 'rules', name);
  }

  it('takes every rule', async () => {
    expect(await run('check', 'rules', 'rules.yml')).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it.each(ALERT_CASES)('lets $alert fire, and says of what', async (of) => {
    expect(await tryAlert(of, of.fires, true)).toContain('SUCCESS');
  });

  it.each(ALERT_CASES)('leaves $alert quiet when there is no need', async (of) => {
    expect(await tryAlert(of, of.quiet, false)).toContain('SUCCESS');
  });
});
