import { type JsonValue, jsonObjectIn } from '@mandate/ports';

const COLOURS: Readonly<Record<string, number>> = { warn: 33, error: 31, fatal: 31 };
/** Shown by other means, or of no use to whoever looks at one process. */
const LEFT_OUT = ['time', 'level', 'service', 'msg', 'problem'];
/** The same where a problem is told: it names them. */
const LEFT_OUT_BESIDE_A_PROBLEM = [...LEFT_OUT, 'variables', 'exitCode'];
/** Control and direction characters: a client's name that has them would move the cursor of whoever reads the log. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A line of the log, or an audit event among them, for a person at a terminal; what is no JSON object is left as it is. */
export function drawLogLine(line: string, { colour }: { colour: boolean }): string {
  const event = jsonObjectIn(line);
  if (event === undefined) return line;
  const { time, level = 'audit', msg, problem } = event;
  const clock = textOf(time ?? '').slice(11, 19);
  const title = [msg, problem].filter((part) => part !== undefined).map(textOf);
  const leftOut = problem === undefined ? LEFT_OUT : LEFT_OUT_BESIDE_A_PROBLEM;
  const rest = Object.entries(event).filter(([name]) => !leftOut.includes(name));
  const fields = rest.map(([name, value]) => `${printable(name)}=${textOf(value)}`);
  const drawn = [clock, textOf(level).padEnd(5), title.join(': '), ...fields].filter((part) => part !== '').join(' ');
  const code = COLOURS[textOf(level)];
  return colour && code !== undefined ? `\u001b[${code}m${drawn}\u001b[0m` : drawn;
}

function textOf(value: JsonValue): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
