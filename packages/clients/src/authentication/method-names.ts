/** The ways there are: the names of RFC 8414 section 2, which records of clients say too. */
export const AUTHENTICATION_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;

export type AuthenticationMethodName = (typeof AUTHENTICATION_METHODS)[number];

/** Those by which a client sends its secret. */
const SECRET_METHODS: readonly unknown[] = ['client_secret_basic', 'client_secret_post'];

/** Whether a method is one by which a client sends its secret; a new one is not, unless it says so. */
export function isSecretMethod(method: unknown): boolean {
  return SECRET_METHODS.includes(method);
}
