/** Every method, by its name of RFC 8414 section 2, which client records use as well. */
export const AUTHENTICATION_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;

export type AuthenticationMethodName = (typeof AUTHENTICATION_METHODS)[number];
