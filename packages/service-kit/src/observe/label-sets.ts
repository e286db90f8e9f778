import type { LabelSets } from '@mandate/ports';

export type Labels = Readonly<Record<string, string>>;

/** One thing for each set of label values. */
export interface PerLabels<T> {
  /** Further values that labels may take. @throws TypeError for other labels than before */
  allow(sets: LabelSets<string>): void;
  /** The thing of these labels; a value that is not allowed is `other`. */
  get(labels: Labels): T;
  all(): Iterable<T>;
}

/** What is found by the values of the labels, one after the other. */
interface Branch<T> {
  byValue: Map<string, Branch<T>>;
  found?: T;
}

/** Keeps what `create` makes of a set of label values, once for each. */
export function createPerLabels<T>(create: (labels: Labels) => T): PerLabels<T> {
  const allowed = new Map<string, Set<string>>();
  const root: Branch<T> = { byValue: new Map() };
  const all: T[] = [];
  let labelNames: string | undefined;

  function closedValue(label: string, values: ReadonlySet<string>, labels: Labels): string {
    const value = labels[label];
    return value !== undefined && values.has(value) ? value : 'other';
  }

  function createBranch(parent: Branch<T>, value: string): Branch<T> {
    const branch = { byValue: new Map() };
    parent.byValue.set(value, branch);
    return branch;
  }

  function createFor(labels: Labels): T {
    const closed = [...allowed].map(([label, values]) => [label, closedValue(label, values, labels)]);
    const created = create(Object.fromEntries(closed) as Labels);
    all.push(created);
    return created;
  }

  return {
    allow(sets) {
      const names = Object.keys(sets).sort().join();
      labelNames ??= names;
      if (names !== labelNames) throw new TypeError('a metric has the same labels wherever it is asked for');
      for (const [label, values] of Object.entries(sets)) {
        allowed.set(label, new Set([...(allowed.get(label) ?? []), ...values]));
      }
    },
    get(labels) {
      let branch = root;
      for (const [label, values] of allowed) {
        const value = closedValue(label, values, labels);
        branch = branch.byValue.get(value) ?? createBranch(branch, value);
      }
      return (branch.found ??= createFor(labels));
    },
    all: () => all,
  };
}
