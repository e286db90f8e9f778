import { z } from 'zod';
import type { Delegation } from './delegation-store.js';

const text = z.string();
const time = z.number();

/** What of a delegation is written once. */
export const delegationSchema: z.ZodType<Omit<Delegation, 'used' | 'ended'>> = z.object({
  id: text,
  subject: z.object({ iss: text, sub: text }),
  actor: z.union([
    z.object({ sub: text, iss: text.exactOptional(), clientId: z.undefined().optional() }),
    z.object({ clientId: text, sub: z.undefined().optional() }),
  ]),
  clientId: text,
  clientIssuer: text.exactOptional(),
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
