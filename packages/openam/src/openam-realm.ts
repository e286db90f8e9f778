/**
 * The realm that the URL of an AM REST endpoint names, as `/a/b`; `undefined` when it names none.
 * `/json/realms/root/realms/a/policies`, `/json/a/policies` and `?realm=/a` are all `/a`.
 */
export function realmOfUrl(url: string): string | undefined {
  const { pathname, searchParams } = new URL(url);
  const query = searchParams.get('realm');
  if (query !== null) return foldRealm(query);
  const segments = namesIn(pathname);
  const api = segments.findIndex((segment) => segment === 'json' || segment === 'oauth2');
  const between = segments.slice(api + 1, -1).map(decodeSegment);
  if (between[0] === 'realms' && between[1] === 'root') {
    return foldRealm(between.filter((_segment, index) => index > 1 && index % 2 === 1).join('/'));
  }
  return between.length === 0 ? undefined : foldRealm(between.join('/'));
}

/** A realm's name in the one spelling used here: AM tells neither case nor a trailing slash apart. */
export function foldRealm(realm: string): string {
  return `/${namesIn(realm).join('/')}`.toLowerCase();
}

/** Whether a session of one realm may act in another: its own, or one below it. */
export function realmContains(outer: string, inner: string): boolean {
  return outer === '/' || inner === outer || inner.startsWith(`${outer}/`);
}

/**
 * The issuer under which the sessions of a realm stand: the address of AM and the realm. It is never the issuer of AM's
 * OAuth2 tokens, whose `sub` may name a client.
 */
export function sessionIssuer(url: string, realm: string): string {
  return addressOf(url) + longForm(realm);
}

/**
 * The issuers under which people of a realm of the AM at `url` are known: of its OAuth2 tokens, in the spellings that
 * versions of AM have for a realm, and of its sessions.
 */
export function personIssuers(url: string, realm: string): string[] {
  const oauth2 = `${addressOf(url)}/oauth2`;
  const shortForm = namesIn(realm).map((name) => `/${encodeURIComponent(name)}`);
  return [oauth2 + shortForm.join(''), oauth2 + longForm(realm), sessionIssuer(url, realm)];
}

/** Where AM is, by the URL of one of its REST endpoints. */
function addressOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/json\/.*$/, '');
}

function longForm(realm: string): string {
  return ['root', ...namesIn(realm)].map((name) => `/realms/${encodeURIComponent(name)}`).join('');
}

function namesIn(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
