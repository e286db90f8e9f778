import { z } from 'zod';
import type { Delegation } from './delegation-store.js';

const text = z.string();
const time = z.number();

/** What of a delegation is written once. */
export const delegationSchema: z.ZodType<Omit<Delegation, 'used' | 'ended'>> = z.object({
  id: text,
  subject: z.strictObject({ iss: text, sub: text }),
  actor: z.union([z.strictObject({ sub: text, iss: text.exactOptional() }), z.strictObject({ clientId: text })]),
  clientId: text,
  scopes: z.array(text),
  locations: z.array(text),
  purpose: text.exactOptional(),
  created: time,
  until: time,
  uses: z.int().min(1).exactOptional(),
  origin: z.enum(['ciba', 'exchange']),
});

/** What a store counts beside it: a number of exchanges, or a time. */
export const countSchema = z.number().min(0);
