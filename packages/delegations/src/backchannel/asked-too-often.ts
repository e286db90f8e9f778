import { OAuthError } from '@mandate/oauth';

/** `slow_down` (429). The caller is not told which limit it was: whether somebody else asks a person is not theirs to know. */
export function askedTooOften(waitSeconds: number, limit: 'agent' | 'client' | 'person'): OAuthError {
  return new OAuthError('slow_down', 'People are asked too often', {
    status: 429,
    detail: `rate limit: ask ${limit}`,
    headers: { 'Retry-After': String(waitSeconds) },
  });
}
