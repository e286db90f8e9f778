import type { TestKey } from '@mandate/testing';

/** The clients of a world, each secret named after its client. Of those with `key`, `batch` may assert some people, `importer` all, `signer` nobody. */
export function clientRecords(key: TestKey): object[] {
  const client = (clientId: string, scopes: readonly string[], members: object = {}) => ({
    clientId,
    clientSecret: `${clientId}-secret`,
    scopes,
    ...members,
  });
  const both = ['exchange', 'explain'];
  const jwks = { keys: [key.publicJwk] };
  const images = 'https://images.example.com';
  return [
    client('untargeted', both, { defaultTargets: [`${images}/photos`, { audience: images }] }),
    client('gateway', both, { attributes: { tenant: 'blue' } }),
    client('other', ['exchange']),
    client('explainer', ['explain']),
    client('bound', both, { tlsClientCertificateBoundAccessTokens: true }),
    client('resolver', ['exchange', 'explain', 'introspect']),
    client('unscoped', ['read']),
    client('no-exchange', both, { grantTypes: ['client_credentials'] }),
    client('batch', both, { jwks, mayAssertUsers: { subs: ['alice', 'test*'] } }),
    client('importer', both, { jwks, mayAssertUsers: true }),
    client('signer', both, { jwks }),
  ];
}
