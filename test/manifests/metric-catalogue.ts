import { resolve } from 'node:path';
import { testDirectory } from '@mandate/testing';
import type { LabelSets, Metrics } from '@mandate/ports';
import { compose as composeAuthentication, authenticationConfig } from '@mandate/authentication';
import { createMetrics, createRuntime, readConfig, startService } from '@mandate/service-kit';
import { compose as composeTokenExchange, tokenExchangeConfig } from '@mandate/token-exchange';
import { compose as composeTokenValidation, tokenValidationConfig } from '@mandate/token-validation';
import { SERVICE_SCHEMAS } from './service-schemas.js';

/** Metrics by name, as Prometheus has them, and the values that each label may take; an empty list: any. */
export type MetricCatalogue = ReadonlyMap<string, LabelSets<string>>;

const development = (file: string): string => resolve(import.meta.dirname, '../../config/development', file);

/** What the three services register, with every policy backend in use, and what Prometheus itself adds. */
export async function readMetricCatalogue(): Promise<MetricCatalogue> {
  const catalogue = new Map<string, Record<string, readonly string[]>>();
  const metrics = recordingMetrics(catalogue);
  await registerAll(metrics, testDirectory());
  const { body } = await metrics.render();
  const names = [...body.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name);
  for (const name of names) if (!catalogue.has(name) && !catalogue.has(`${name}_bucket`)) catalogue.set(name, {});
  catalogue.set('up', {});
  const ofPrometheus = { job: Object.keys(SERVICE_SCHEMAS), instance: [], namespace: [], pod: [] };
  return new Map([...catalogue].map(([name, labels]) => [name, { ...labels, ...ofPrometheus }]));
}

/** Composes and starts each service as its `main.ts` does, over files of config/development. */
async function registerAll(metrics: Metrics, directory: string): Promise<void> {
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    MANAGEMENT_PORT: '0',
    SHUTDOWN_DRAIN_SECONDS: '0',
    LOG_LEVEL: 'silent',
    DEVELOPMENT_KEYS_DIRECTORY: directory,
    CLIENT_CREDENTIALS_JSON_PATH: development('clients.json'),
    TRUSTED_ISSUERS_FILE: development('trusted-issuers.local.json'),
    EXCHANGE_POLICY_JSON_CONFIG_PATH: development('policy.json'),
    TOKEN_EXCHANGE_POLICIES: 'json,opa,openam',
    TOKEN_EXCHANGE_POLICIES_SHADOW: 'json',
    EXCHANGE_OPENAM_AUTH_SUBJECT_ID: 'mandate',
    EXCHANGE_OPENAM_AUTH_SUBJECT_PASSWORD: 'not asked for',
  };
  const authentication = readConfig(authenticationConfig, { env });
  const tokenValidation = readConfig(tokenValidationConfig, { env });
  const tokenExchange = readConfig(tokenExchangeConfig, { env });
  const runtime = { ...createRuntime('test', authentication), metrics };
  const services = [
    await composeAuthentication(authentication, runtime),
    await composeTokenValidation(tokenValidation, runtime),
    await composeTokenExchange(tokenExchange, runtime),
  ];
  const { logger } = runtime;
  for (const service of services) {
    await (await startService({ services: [service], config: authentication, logger, metrics })).stop();
  }
}

/** Metrics that note what is registered. */
function recordingMetrics(catalogue: Map<string, Record<string, readonly string[]>>): Metrics {
  const metrics = createMetrics();
  const note = (name: string, labels: LabelSets<string>): void => {
    const knownLabels = catalogue.get(name) ?? {};
    const allLabels = Object.entries(labels).map(([label, values]) => [
      label,
      [...(knownLabels[label] ?? []), ...values],
    ]);
    catalogue.set(name, { ...knownLabels, ...(Object.fromEntries(allLabels) as LabelSets<string>) });
  };
  return {
    ...metrics,
    counter(options) {
      note(options.name, options.labels);
      return metrics.counter(options);
    },
    histogram(options) {
      note(`${options.name}_bucket`, { ...options.labels, le: [] });
      for (const suffix of ['_count', '_sum']) note(options.name + suffix, options.labels);
      return metrics.histogram(options);
    },
    gauge(options) {
      const labels = Object.entries(options.labels ?? {}).map(([label, value]) => [label, [value]]);
      note(options.name, Object.fromEntries(labels) as LabelSets<string>);
      metrics.gauge(options);
    },
  };
}
