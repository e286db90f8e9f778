import type { Figures, Ratio, Summary } from './summarize.js';

const COLUMNS = [
  'workload',
  'Node',
  'contender',
  'CPU µs',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'MiB',
  'over ours',
  'goal',
];

/** The summaries as a Markdown table, a row for each contender. */
export function renderTable(summaries: readonly Summary[]): string {
  const rows = summaries.flatMap(({ workload, node, figures, ratios }) =>
    figures.map((one) => [
      workload,
      node,
      ...cells(
        one,
        ratios.find(({ of }) => of === one.label),
      ),
    ]),
  );
  const lines = [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}

function cells(figures: Figures, ratio: Ratio | undefined): string[] {
  const { label, cpuMicros, perSecond, medianMs, p99Ms, residentMiB } = figures;
  return [
    label,
    cpuMicros.toFixed(0),
    Number.isNaN(perSecond) ? '' : perSecond.toFixed(0),
    Number.isNaN(medianMs) ? '' : medianMs.toFixed(1),
    Number.isNaN(p99Ms) ? '' : p99Ms.toFixed(1),
    residentMiB.toFixed(0),
    ratio === undefined ? '' : `${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)})`,
    ratio?.goal === undefined ? '' : `${ratio.goal}: ${ratio.median >= ratio.goal ? 'met' : 'missed'}`,
  ];
}
