import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { kubectlProgram, startRealPart } from '@mandate/testing';
import { z } from 'zod';
import { filesBelow } from '../documents/markdown.js';

const root = resolve(import.meta.dirname, '../..');
const component = join(root, 'k8s/components/monitoring');
const kubectl = await startRealPart(kubectlProgram, process.env);

const dashboard = z
  .object({ panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })) })
  .parse(JSON.parse(readFileSync(join(component, 'dashboard.json'), 'utf8')));

/** Names of the metrics that the code registers. */
function registeredMetrics(): Set<string> {
  const sources = [...filesBelow('packages', '.ts'), ...filesBelow('services', '.ts')];
  const names = sources.flatMap(({ text }) =>
    [...text.matchAll(/name: '([A-Za-z_]+)'/g)].map(([, name]) => name ?? ''),
  );
  return new Set(names);
}

describe('k8s/components/monitoring', () => {
  it.each(dashboard.panels.map(({ title, targets }) => [title, targets] as const))(
    'draws "%s" from metrics that exist',
    (_title, targets) => {
      const known = registeredMetrics();
      const named = targets.flatMap(({ expr }) =>
        [...expr.matchAll(/([A-Za-z_]+)(?:\{[^}]*\})?\[/g)].map(([, name]) => name ?? ''),
      );
      expect(named.length).toBeGreaterThanOrEqual(targets.length);
      expect(named.map((name) => name.replace(/_bucket$/, '')).filter((name) => !known.has(name))).toEqual([]);
    },
  );

  const rendered = kubectl === undefined ? it.skip : it;
  rendered('renders as a ConfigMap that Grafana finds by its label', async () => {
    const overlay = mkdtempSync(join(tmpdir(), 'mandate-monitoring-'));
    const text = JSON.stringify({ kind: 'Kustomization', components: [relative(overlay, component)] });
    writeFileSync(join(overlay, 'kustomization.yaml'), text);
    const { stdout } = await promisify(execFile)(kubectl?.address ?? '', ['kustomize', overlay]);
    rmSync(overlay, { recursive: true });
    expect(stdout).toMatch(/kind: ConfigMap[\s\S]*grafana_dashboard: "1"[\s\S]*name: mandate-dashboard/);
    expect(stdout).toMatch(/kind: NetworkPolicy[\s\S]*name: metrics-in/);
  });
});
