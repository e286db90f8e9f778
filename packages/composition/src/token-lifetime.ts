import { seconds } from '@mandate/service-kit';

/** The longest that a token may live which a service issues. */
export const MAX_TOKEN_LIFETIME_SECONDS = 86_400;

/** The variable of how long the tokens live that a service issues. */
export const tokenLifetimeConfig = {
  TOKEN_DEFAULT_EXPIRATION_SECONDS: seconds(1, MAX_TOKEN_LIFETIME_SECONDS)
    .default(3600)
    .describe(
      'Lifetime of an issued token; `tokenExpirationSeconds` of a client record replaces it; of an exchanged one the longest, which policies and the presented tokens shorten',
    ),
};
