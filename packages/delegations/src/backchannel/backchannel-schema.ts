import { z } from 'zod';
import { agreementSchema } from '../agreement.js';
import type { BackchannelDecision, BackchannelRequest } from './backchannel-request-store.js';

const text = z.string();

/** A request as a store keeps it; see {@link readRecord}. */
export const requestSchema: z.ZodType<BackchannelRequest> = z.object({
  id: text,
  decisionId: text,
  clientId: text,
  person: text,
  sub: text.exactOptional(),
  scopes: z.array(text),
  agreement: agreementSchema.exactOptional(),
  resources: z.array(text),
  bindingMessage: text.exactOptional(),
  created: z.number(),
  expiresAt: z.number(),
  interval: z.number(),
  notificationToken: text.exactOptional(),
  authReqId: text.exactOptional(),
});

/** A decision, likewise. */
export const decisionSchema: z.ZodType<BackchannelDecision> = z.object({
  approve: z.boolean(),
  sub: text,
  acr: text.exactOptional(),
  amr: z.array(text).exactOptional(),
  authTime: z.number().exactOptional(),
});
