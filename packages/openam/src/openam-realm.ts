/**
 * The realm that the URL of an AM REST endpoint names, as `/a/b`; `undefined` when it names none.
 * `/json/realms/root/realms/a/policies`, `/json/a/policies` and `?realm=/a` are all `/a`.
 */
export function realmOfUrl(url: string): string | undefined {
  const { pathname, searchParams } = new URL(url);
  const query = searchParams.get('realm');
  if (query !== null) return foldRealm(query);
  const segments = pathname.split('/').filter((segment) => segment !== '');
  const api = segments.findIndex((segment) => segment === 'json' || segment === 'oauth2');
  const between = segments.slice(api + 1, -1).map(decodeSegment);
  if (between[0] === 'realms' && between[1] === 'root') {
    return foldRealm(between.filter((_segment, index) => index > 1 && index % 2 === 1).join('/'));
  }
  return between.length === 0 ? undefined : foldRealm(between.join('/'));
}

/** A realm's name in the one spelling used here: AM tells neither case nor a trailing slash apart. */
export function foldRealm(realm: string): string {
  const names = realm.split('/').filter((name) => name !== '');
  return `/${names.join('/')}`.toLowerCase();
}

/** Whether a session of one realm may act in another: its own, or one below it. */
export function realmContains(outer: string, inner: string): boolean {
  return outer === '/' || inner === outer || inner.startsWith(`${outer}/`);
}

/**
 * The issuer under which the sessions of a realm stand: the address of AM and the realm. It is never the issuer of AM's
 * OAuth2 tokens, whose `sub` may name a client.
 */
export function sessionIssuer(sessionUrl: string, realm: string): string {
  const { origin, pathname } = new URL(sessionUrl);
  const base = pathname.replace(/\/json\/.*$/, '');
  const names = realm.split('/').filter((name) => name !== '');
  return `${origin}${base}/realms/root${names.map((name) => `/realms/${encodeURIComponent(name)}`).join('')}`;
}

/**
 * The issuers under which people of a realm of the AM at `url` are known: of its OAuth2 tokens, in the spellings that
 * versions of AM have for a realm, and of its sessions.
 */
export function personIssuers(url: string, realm: string): string[] {
  const { origin, pathname } = new URL(url);
  const oauth2 = `${origin}${pathname.replace(/\/json\/.*$/, '')}/oauth2`;
  const names = realm.split('/').filter((name) => name !== '');
  const long = `/realms/root${names.map((name) => `/realms/${encodeURIComponent(name)}`).join('')}`;
  const short = names.map((name) => `/${encodeURIComponent(name)}`).join('');
  return [oauth2 + short, oauth2 + long, sessionIssuer(url, realm)];
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
