import type { LabelSets, MetricOptions, Metrics } from '@mandate/ports';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

type Metric = Counter | Histogram;
interface Registered {
  metric: Metric;
  allowed: Map<string, Set<string>>;
}

const FEW_SERIES = 20;

/** Makes the metrics of a process, in a registry of their own; `defaults` adds those of Node itself. */
export function createMetrics({ defaults = true }: { defaults?: boolean } = {}): Metrics {
  const registry = new Registry();
  const registered = new Map<string, Registered>();
  const gauges = new Map<string, ((gauge: Gauge) => void)[]>();
  if (defaults) collectDefaultMetrics({ register: registry });

  function register(options: MetricOptions<string>, create: () => Metric): Registered {
    const entry = registered.get(options.name) ?? { metric: create(), allowed: new Map<string, Set<string>>() };
    registered.set(options.name, entry);
    for (const [label, values] of Object.entries(options.labels)) {
      entry.allowed.set(label, new Set([...(entry.allowed.get(label) ?? []), ...values]));
    }
    return entry;
  }

  return {
    counter(options) {
      const entry = register(options, () => new Counter({ ...prometheusOptions(options), registers: [registry] }));
      const counter = entry.metric as Counter;
      for (const labels of fewSeries(options.labels)) counter.inc(labels, 0);
      return { increment: (labels, by = 1) => counter.inc(closedLabels(entry, labels), by) };
    },
    histogram(options) {
      const { buckets } = options;
      const create = (): Histogram =>
        new Histogram({ ...prometheusOptions(options), registers: [registry], ...(buckets && { buckets }) });
      const entry = register(options, create);
      const histogram = entry.metric as Histogram;
      return { observe: (labels, seconds) => histogram.observe(closedLabels(entry, labels), seconds) };
    },
    gauge({ name, help, labels = {}, read }) {
      const series = gauges.get(name) ?? [];
      series.push((gauge) => gauge.set(labels, read()));
      if (gauges.has(name)) return;
      gauges.set(name, series);
      const options = { name, help, labelNames: Object.keys(labels), registers: [registry] };
      const gauge: Gauge = new Gauge({ ...options, collect: () => series.forEach((set) => set(gauge)) });
    },
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

function prometheusOptions(options: MetricOptions<string>): { name: string; help: string; labelNames: string[] } {
  return { name: options.name, help: options.help, labelNames: Object.keys(options.labels) };
}

function closedLabels({ allowed }: Registered, labels: Readonly<Record<string, string>>): Record<string, string> {
  const closed: Record<string, string> = {};
  for (const [label, value] of Object.entries(labels)) {
    closed[label] = allowed.get(label)?.has(value) === true ? value : 'other';
  }
  return closed;
}

/** Every combination of the label values, if there are not many. */
function fewSeries(sets: LabelSets<string>): Record<string, string>[] {
  const names = Object.entries(sets);
  if (names.reduce((product, [, values]) => product * values.length, 1) > FEW_SERIES) return [];
  return names.reduce<Record<string, string>[]>(
    (series, [name, values]) => series.flatMap((labels) => values.map((value) => ({ ...labels, [name]: value }))),
    [{}],
  );
}
