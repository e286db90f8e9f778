import { seconds } from '@mandate/service-kit';

/** The variable of how long the tokens live that a service issues. */
export const tokenLifetimeConfig = {
  TOKEN_DEFAULT_EXPIRATION_SECONDS: seconds(1, 86_400)
    .default(3600)
    .describe(
      'Lifetime of an issued token; `tokenExpirationSeconds` of a client record replaces it; of an exchanged one the longest, which policies and the presented tokens shorten',
    ),
};
