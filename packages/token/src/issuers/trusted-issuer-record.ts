import { z } from 'zod';
import { type JsonObject, isJsonObject } from '@mandate/ports';
import { SIGNATURE_ALGORITHMS } from '../jws/algorithms.js';

const httpUrl = z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
  error: 'is not an http or https URL',
});
const jwks = z.custom<JsonObject>(isJsonObject, { error: 'is not a JWKS' });
const names = z.array(z.string().min(1)).min(1);
const algorithms = z.array(z.string().refine((alg) => SIGNATURE_ALGORITHMS.has(alg), { error: 'is not supported' }));

/** The form of a {@link TrustedIssuerRecord}. */
export const recordSchema = z
  .strictObject({
    issuer: z.string().min(1).describe('its `iss`, character by character; required'),
    jwks: jwks.optional().describe('its public keys; one of `jwks`, `jwksUri` and `openid` is required'),
    jwksUri: httpUrl.optional().describe('where its public keys are'),
    openid: z
      .union([z.literal(true), httpUrl])
      .optional()
      .describe('`true`: its keys by OpenID discovery; or the URL of the discovery document'),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        "file with the certificates (PEM) of the authority that signs its server's; absent: those of the system",
      ),
    bearerTokenFile: z
      .string()
      .min(1)
      .optional()
      .describe('file with the bearer token that its keys are fetched with, over https alone; absent: none'),
    audience: z
      .union([
        z
          .string()
          .min(1)
          .transform((name) => [name]),
        names,
      ])
      .optional()
      .describe('what `aud` of its tokens must name, one or several; absent: any'),
    algorithms: algorithms
      .min(1)
      .optional()
      .describe('the only algorithms that it may sign with; absent: those of its keys'),
    allowIdTokens: z.boolean().optional().describe('`true`: its ID tokens are accepted, too'),
    mayAssertMayAct: z.boolean().optional().describe('`true`: `may_act` in its tokens is believed'),
    mayAssertAct: z.boolean().optional().describe('`true`: `act` in its tokens is believed'),
    mayAssertUsers: z
      .boolean()
      .optional()
      .describe('`true`: its JWTs are accepted as user assertions (docs/acting-as.md); not implied by `own`'),
    maxLifetimeSeconds: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('longest remaining lifetime that is accepted; absent: 86400'),
    own: z
      .boolean()
      .optional()
      .describe('`true`: one of our own services: `mayAssertMayAct`, `mayAssertAct` and `requireAccessTokenType`'),
    requireAccessTokenType: z.boolean().optional().describe('`true`: `typ` must be `at+jwt`; absent: as `own`'),
    tokens: z
      .enum(['access', 'id'])
      .optional()
      .describe('what its tokens are that do not say it: `access` or `id`; absent: whatever they are declared as'),
  })
  .refine(
    ({ jwks: keys, jwksUri, openid }) => [keys, jwksUri, openid].filter((source) => source !== undefined).length === 1,
    {
      error: 'needs exactly one of jwks, jwksUri, openid',
    },
  )
  .refine(({ issuer, openid }) => openid !== true || httpUrl.safeParse(issuer).success, {
    error: 'openid: true needs an issuer that is a URL',
  })
  // A bearer token over http is everybody's on the way.
  .refine(
    ({ caFile, bearerTokenFile, issuer, jwksUri, openid }) =>
      (caFile ?? bearerTokenFile) === undefined ||
      (jwksUri ?? (openid === true ? issuer : openid))?.startsWith('https://') === true,
    { error: 'caFile and bearerTokenFile need keys that are fetched by https' },
  );

/** A trusted issuer as configured. Its `jwks` are the only place where an HMAC key may come from. */
export type TrustedIssuerRecord = z.infer<typeof recordSchema>;
