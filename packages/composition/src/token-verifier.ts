import { type Runtime, type Settings, integer } from '@mandate/service-kit';
import { createTokenVerifier, createVerifiedTokens, type IssuerKeys, type TokenVerifier } from '@mandate/token';

const MEBIBYTE = 1_048_576;

/** The variable of a service that verifies tokens. */
export const verifierConfig = {
  VERIFIED_TOKEN_CACHE_BYTES: integer(0, 1024 * MEBIBYTE)
    .default(16 * MEBIBYTE)
    .describe(
      'Memory, about, for tokens that were verified twice, which are then not read and verified again; the terms and keys of their issuer, their times and their revocation are judged each time; 0: none',
    ),
};

export type VerifierSettings = Settings<typeof verifierConfig>;

/** Verifies the tokens of these issuers, the signature of each that comes again no further time while there is room. */
export function composeTokenVerifier(
  { VERIFIED_TOKEN_CACHE_BYTES: maxBytes }: VerifierSettings,
  { clock }: Pick<Runtime, 'clock'>,
  issuers: IssuerKeys,
): TokenVerifier {
  const cache = maxBytes === 0 ? undefined : createVerifiedTokens({ maxBytes });
  return createTokenVerifier({ issuers, clock, known: cache });
}
