/** The values each label may take. Whatever is not among them is counted as `other` (docs/security.md S6). */
export type LabelSets<Label extends string> = Readonly<Record<Label, readonly string[]>>;

export interface MetricOptions<Label extends string> {
  name: string;
  help: string;
  labels: LabelSets<Label>;
}

export interface CounterMetric<Label extends string> {
  increment(labels: Readonly<Record<Label, string>>, by?: number): void;
}

export interface HistogramMetric<Label extends string> {
  /** Records a value in the unit that the metric's name ends with. */
  observe(labels: Readonly<Record<Label, string>>, value: number): void;
}

/** The metrics of one process. Asking for a name again returns the same metric, its label values united. */
export interface Metrics {
  /** Where the label values make few series they all start at 0: a first failure is a rise then, which an alert sees. */
  counter<Label extends string>(options: MetricOptions<Label>): CounterMetric<Label>;
  histogram<Label extends string>(options: MetricOptions<Label> & { buckets?: number[] }): HistogramMetric<Label>;
  /** A value read at scrape time. Under one name there may be several, told apart by the values of `labels`. */
  gauge(options: { name: string; help: string; labels?: Readonly<Record<string, string>>; read: () => number }): void;
  /** The Prometheus text exposition. */
  render(): Promise<{ contentType: string; body: string }>;
}
