import { readFileSync } from 'node:fs';
import * as z from 'zod';

const header = z.record(z.string(), z.string());
const request = z.object({
  folder: z.string(),
  name: z.string(),
  method: z.enum(['GET', 'POST']),
  url: z.string(),
  headers: header,
  auth: z.object({ basic: z.array(z.object({ key: z.string(), value: z.string() })) }).optional(),
  body: z.union([
    z.string(),
    z.array(z.object({ key: z.string(), value: z.string(), disabled: z.boolean().optional() })),
  ]),
  saves: z.array(z.object({ variable: z.string(), from: z.string() })),
});
const collections = z.object({ main: z.array(request), consul: z.array(request) });
const environments = z.record(z.string(), z.record(z.string(), header));

export type PublishedRequest = z.output<typeof request>;
export type Collection = keyof z.output<typeof collections>;

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`published/${name}.json`, import.meta.url), 'utf8'));
}

/** The two published collections, in order. */
export const COLLECTIONS = collections.parse(readJson('requests'));

/** The published environments: source, service, variable. */
export const ENVIRONMENTS = environments.parse(readJson('environment'));

/** Whether an AM answers a request, rather than one of the services. */
export function isForAm({ url }: PublishedRequest): boolean {
  return url.includes('/openam/');
}
