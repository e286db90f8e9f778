import type { LabelSets, MetricOptions, Metrics } from '@mandate/ports';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { type Labels, type PerLabels, createPerLabels } from './label-sets.js';

/** What a series has come to since Prometheus was told last. */
interface Count {
  labels: Labels;
  added: number;
}

interface Observations {
  labels: Labels;
  values: number[];
}

const FEW_SERIES = 20;
const MANY = 100;

/** Makes the metrics of a process, in a registry of their own; `defaults` adds those of Node itself. */
export function createMetrics({ defaults = true }: { defaults?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (defaults) collectDefaultMetrics({ register: registry });
  return {
    counter: createCounters(registry),
    histogram: createHistograms(registry),
    gauge: createGauges(registry),
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

/** Counts in numbers of its own, which Prometheus is told when it asks: the library finds a series by a text that it makes each time. */
function createCounters(registry: Registry): Metrics['counter'] {
  const counters = new Map<string, PerLabels<Count>>();

  function create(options: MetricOptions<string>): PerLabels<Count> {
    const counts = createPerLabels<Count>((labels) => ({ labels, added: 0 }));
    const counter: Counter = new Counter({
      ...prometheusOptions(options, registry),
      collect() {
        for (const count of counts.all()) {
          const { labels, added } = count;
          count.added = 0;
          counter.inc(labels, added);
        }
      },
    });
    return counts;
  }

  return (options) => {
    const counts = counters.get(options.name) ?? create(options);
    counters.set(options.name, counts);
    counts.allow(options.labels);
    for (const labels of fewSeries(options.labels)) counts.get(labels);
    return {
      increment(labels, by = 1) {
        counts.get(labels).added += by;
      },
    };
  };
}

/** Observations are handed on many at a time, for the same reason. */
function createHistograms(registry: Registry): Metrics['histogram'] {
  const histograms = new Map<string, { histogram: Histogram; observed: PerLabels<Observations> }>();

  function create(options: MetricOptions<string> & { buckets?: number[] }) {
    const observed = createPerLabels<Observations>((labels) => ({ labels, values: [] }));
    const histogram: Histogram = new Histogram({
      ...prometheusOptions(options, registry),
      ...(options.buckets !== undefined && { buckets: options.buckets }),
      collect() {
        for (const observations of observed.all()) handOn(observations, histogram);
      },
    });
    return { histogram, observed };
  }

  return (options) => {
    const known = histograms.get(options.name) ?? create(options);
    histograms.set(options.name, known);
    const { histogram, observed } = known;
    observed.allow(options.labels);
    return {
      observe(labels, value) {
        const observations = observed.get(labels);
        observations.values.push(value);
        if (observations.values.length >= MANY) handOn(observations, histogram);
      },
    };
  };
}

function handOn({ labels, values }: Observations, histogram: Histogram): void {
  for (const value of values.splice(0)) histogram.observe(labels, value);
}

function createGauges(registry: Registry): Metrics['gauge'] {
  const gauges = new Map<string, ((gauge: Gauge) => void)[]>();
  return ({ name, help, labels = {}, read }) => {
    const series = gauges.get(name) ?? [];
    series.push((gauge) => gauge.set(labels, read()));
    if (gauges.has(name)) return;
    gauges.set(name, series);
    const options = prometheusOptions({ name, help, labels }, registry);
    const gauge: Gauge = new Gauge({ ...options, collect: () => series.forEach((set) => set(gauge)) });
  };
}

function prometheusOptions({ name, help, labels }: { name: string; help: string; labels: object }, registry: Registry) {
  return { name, help, labelNames: Object.keys(labels), registers: [registry] };
}

/** Every combination of the label values, if there are not many. */
function fewSeries(sets: LabelSets<string>): Labels[] {
  const names = Object.entries(sets);
  if (names.reduce((product, [, values]) => product * values.length, 1) > FEW_SERIES) return [];
  return names.reduce<Labels[]>(
    (series, [name, values]) => series.flatMap((labels) => values.map((value) => ({ ...labels, [name]: value }))),
    [{}],
  );
}
