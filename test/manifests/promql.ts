import type { MetricCatalogue } from './metric-catalogue.js';

const KEYWORDS = [
  'and',
  'or',
  'unless',
  'bool',
  'offset',
  'on',
  'ignoring',
  'by',
  'without',
  'group_left',
  'group_right',
];
const SELECTOR = /([A-Za-z_:][\w:]*)\s*(?:\{([^}]*)\})?/g;
const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g;
const GROUPING = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;

/**
 * What an expression asks for that nobody has: a metric, a label of it, or a value that the label never takes. Whether it is
 * an expression at all, `promtool` says.
 */
export function findUnknown(expression: string, catalogue: MetricCatalogue): string[] {
  const groupings = [...expression.matchAll(GROUPING)].flatMap(([, names = '']) =>
    names.split(',').map((n) => n.trim()),
  );
  const bareExpression = expression
    .replace(GROUPING, ' ')
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/\b\w+\s*\(/g, '(');
  const selectors = [...bareExpression.matchAll(SELECTOR)].filter(([, name = '']) => !KEYWORDS.includes(name));
  if (selectors.length === 0) return ['no metric'];
  const unknown = selectors.flatMap(([, name = '', matchers = '']) => unknownOfSelector(name, matchers, catalogue));
  const labels = new Set(selectors.flatMap(([, name = '']) => Object.keys(catalogue.get(name) ?? {})));
  return [...unknown, ...groupings.filter((label) => !labels.has(label)).map((label) => `grouping by ${label}`)];
}

function unknownOfSelector(name: string, matchers: string, catalogue: MetricCatalogue): string[] {
  const labels = catalogue.get(name);
  if (labels === undefined) return [name];
  return [...matchers.matchAll(MATCHER)].flatMap(([text, label = '', operator = '', value = '']) => {
    const knownValues = labels[label];
    if (knownValues === undefined) return [`${name}: ${text}`];
    const matches = operator.endsWith('~')
      ? (candidate: string) => new RegExp(`^(?:${value})$`).test(candidate)
      : (candidate: string) => candidate === value;
    return knownValues.length === 0 || knownValues.some(matches) ? [] : [`${name}: ${text}`];
  });
}
