import { isIP } from 'node:net';
import { z } from 'zod';
import type { UsedWith } from './describe-variables.js';

/** Building blocks for environment variables. Give each `.describe('what it means')`: the documentation comes from there. */

/** A whole number from `min` to `max`. */
export function integer(
  min = 0,
  max = Number.MAX_SAFE_INTEGER,
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  return z.string().transform((text, context) => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}` });
    return z.NEVER;
  });
}

/** A duration in whole seconds. */
export function seconds(min = 0, max = 31_536_000): ReturnType<typeof integer> {
  return integer(min, max);
}

/** A TCP port; 0 lets the system choose. */
export function port(): ReturnType<typeof integer> {
  return integer(0, 65_535);
}

/** `true` or `false`. */
export function flag(): z.ZodPipe<
  z.ZodEnum<{ true: 'true'; false: 'false' }>,
  z.ZodTransform<boolean, 'true' | 'false'>
> {
  return z.enum(['true', 'false'], { error: 'must be true or false' }).transform((text) => text === 'true');
}

/** One of a closed set of words. */
export function choice<const Values extends readonly [string, ...string[]]>(
  values: Values,
): z.ZodEnum<{ [Value in Values[number]]: Value }> {
  return z.enum(values, { error: `must be one of ${values.join(', ')}` }).meta({ values });
}

/** Values separated by commas; spaces around them and empty ones are dropped. */
export function list(): z.ZodPipe<z.ZodString, z.ZodTransform<string[], string>> {
  return z.string().transform(splitList);
}

/** IP addresses and networks in CIDR form, separated by commas. */
export function addressRanges(): ReturnType<typeof list> {
  return z.string().transform((text, context) => {
    const ranges = splitList(text);
    if (ranges.every(isAddressRange)) return ranges;
    context.addIssue({ code: 'custom', message: 'must be a list of IP addresses or networks such as 10.1.0.0/16' });
    return z.NEVER;
  });
}

/** An ordered list without repeats of words of a closed set. */
export function choices<const Values extends readonly [string, ...string[]]>(
  values: Values,
): z.ZodPipe<z.ZodString, z.ZodTransform<Values[number][], string>> {
  return z
    .string()
    .meta({ values })
    .transform((text, context) => {
      const isKnown = (word: string): word is Values[number] => values.includes(word);
      const words = splitList(text);
      const known = words.filter(isKnown);
      if (known.length === words.length && new Set(words).size === words.length && words.length > 0) return known;
      context.addIssue({ code: 'custom', message: `must be a list, each once, of ${values.join(', ')}` });
      return z.NEVER;
    });
}

/** An absolute `http` or `https` URL without credentials or fragment, as written. */
export function url(): z.ZodString {
  return z.string().refine(isServiceUrl, { error: 'must be an absolute http or https URL without credentials' });
}

/** Text that no log, error or document may show. `NAME_FILE` names a file that holds it. */
export function secret(): z.ZodString {
  return z.string().min(1, { error: 'is empty' }).meta({ secret: true });
}

/** Variables that do something only where another one has a value: said at start where they are set in vain. */
export function usedWith<Group extends Readonly<Record<string, z.ZodType>>>(conditions: UsedWith, group: Group): Group {
  const marked = Object.entries(group).map(([name, variable]): [string, z.ZodType] => {
    return [name, variable.meta({ ...variable.meta(), usedWith: conditions })];
  });
  return Object.fromEntries(marked) as Group;
}

/** Plain text. */
export function text(): z.ZodString {
  return z.string();
}

/** The path of a file or directory. */
export function path(): z.ZodString {
  return z.string();
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return false;
  const longest = family === 4 ? 32 : 128;
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= longest);
}

function isServiceUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '' && hash === '';
}
