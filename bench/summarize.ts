import type { Round } from './measure.js';
import type { Measured } from './run-workloads.js';

/** One contender's CPU time over that of another in the same round: the middle of the rounds, and their span. */
export interface Ratio {
  of: string;
  over: string;
  median: number;
  least: number;
  most: number;
  goal: number | undefined;
}

export interface Figures {
  label: string;
  cpuMicros: number;
  perSecond: number;
  medianMs: number;
  p99Ms: number;
  residentMiB: number;
  /** Lines of standard output for each request. */
  lines: number;
}

/** What a workload came to on one Node. */
export interface Summary {
  workload: string;
  node: string;
  figures: Figures[];
  ratios: Ratio[];
}

/** The median of each figure, and the ratios of all others to the contender `ours`. */
export function summarize({ workload, rounds }: Measured, node: string, ours = 'mandate'): Summary {
  const figures = Object.entries(rounds).map(([label, all]) => figuresOf(label, all));
  const others = Object.keys(rounds).filter((label) => label !== ours);
  const ratios = others.map((label): Ratio => {
    const own = rounds[ours] ?? [];
    const each = (rounds[label] ?? []).map(({ cpuMicros }, index) => cpuMicros / (own[index]?.cpuMicros ?? NaN));
    const goal = label === 'floor' || label === 'peer' ? workload.goals?.[label] : undefined;
    return { of: label, over: ours, median: median(each), least: Math.min(...each), most: Math.max(...each), goal };
  });
  return { workload: workload.name, node, figures, ratios };
}

function figuresOf(label: string, rounds: readonly Round[]): Figures {
  const middle = (value: (round: Round) => number): number => median(rounds.map(value));
  return {
    label,
    cpuMicros: middle(({ cpuMicros }) => cpuMicros),
    perSecond: middle(({ perSecond }) => perSecond),
    medianMs: middle(({ medianMs }) => medianMs),
    p99Ms: middle(({ p99Ms }) => p99Ms),
    residentMiB: middle(({ residentBytes }) => residentBytes) / 1_048_576,
    lines: middle(({ lines }) => lines),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(values.length / 2)] ?? NaN;
  const lower = sorted[Math.floor((values.length - 1) / 2)] ?? NaN;
  return (upper + lower) / 2;
}
