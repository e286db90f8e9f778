import type { Ratio, Summary } from './summarize.js';

const [ROW, LEFT, SCALE, MOST] = [22, 320, 200, 2.5];
const COLOURS: Readonly<Record<string, string>> = { floor: '#777777', peer: '#2a6fb0' };

/** The ratios as an SVG: a bar to the median, a line over the span of the rounds, a mark at the goal. */
export function renderPlot(summaries: readonly Summary[], title: string): string {
  const bars = summaries.flatMap(({ workload, ratios }) => ratios.map((ratio) => ({ workload, ratio })));
  const height = (bars.length + 2) * ROW;
  const rows = bars.map(({ workload, ratio }, index) => bar(workload, ratio, (index + 2) * ROW));
  const one = LEFT + SCALE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + MOST * SCALE + 60}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="10" y="16" font-weight="bold">${title}: CPU of the other over ours; right is better</text>`,
    `<line x1="${one}" x2="${one}" y1="${ROW}" y2="${height}" stroke="#bbbbbb"/>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function bar(workload: string, { of, median, least, most, goal }: Ratio, y: number): string {
  const at = (value: number): number => LEFT + Math.min(value, MOST) * SCALE;
  const middle = y - 5;
  const goalMark =
    goal === undefined
      ? ''
      : `<line x1="${at(goal)}" x2="${at(goal)}" y1="${y - 15}" y2="${y + 4}" stroke="#c03030" stroke-width="2"/>`;
  return [
    `<text x="10" y="${y}">${workload}, against ${of}</text>`,
    `<rect x="${LEFT}" y="${y - 11}" width="${at(median) - LEFT}" height="12" fill="${COLOURS[of] ?? '#4a9a5a'}"/>`,
    `<line x1="${at(least)}" x2="${at(most)}" y1="${middle}" y2="${middle}" stroke="black"/>`,
    goalMark,
    `<text x="${at(Math.max(median, most)) + 6}" y="${y}">${median.toFixed(2)}</text>`,
  ].join('');
}
