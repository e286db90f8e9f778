import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  basic,
  type Claims,
  IMAGES,
  OWN,
  startValidationWorld,
  USERS,
  type ValidationWorld,
} from './validation-world.js';

let world: ValidationWorld;
beforeAll(async () => {
  world = await startValidationWorld();
});
afterAll(() => world.stop());

const bearer = (claims: Claims) => ({ authorization: world.bearer(claims) });

describe('who owns a token', () => {
  const foreignApp = () => bearer({ iss: USERS, client_id: 'app', sub: 'app', scope: 'revoke' });

  it('is the client of our own, not one of another issuer with its id', async () => {
    const ours = world.token();
    expect(await world.revoke({ token: ours }, foreignApp())).toMatchObject({ status: 400 });
    expect(await world.isActive(ours)).toBe(true);
    expect((await world.revoke({ token: ours })).status).toBe(200);
    expect(await world.isActive(ours)).toBe(false);
  });

  it('is the client of another issuer, not ours of its id', async () => {
    const theirs = world.token({ iss: USERS });
    const issuedToThem = world.token({ client_iss: USERS });
    for (const text of [theirs, issuedToThem]) {
      expect((await world.revoke({ token: text })).status).toBe(400);
      expect(await world.isActive(text)).toBe(true);
      expect((await world.revoke({ token: text }, foreignApp())).status).toBe(200);
      expect(await world.isActive(text)).toBe(false);
    }
    const records = world.logLines.map((line) => JSON.parse(line) as Claims).filter(({ msg }) => msg === 'revoked');
    expect(records.at(-1)).toMatchObject({ client: 'app', clientIssuer: USERS });
  });

  it('is revoke-all for anybody', async () => {
    const theirs = world.token({ iss: USERS });
    expect((await world.revoke({ token: theirs }, { authorization: basic('admin', 'admin-secret') })).status).toBe(200);
    expect(await world.isActive(theirs)).toBe(false);
  });
});

describe('a bearer token of our own issuers', () => {
  const asRs = { client_id: 'rs', sub: 'rs' };

  it('introspects and revokes only where it is meant for this service', async () => {
    const ours = world.token();
    const introspect = async (claims: Claims) => (await world.introspect({ token: ours }, bearer(claims))).status;
    expect(await introspect({ ...asRs, aud: IMAGES })).toBe(401);
    expect(await introspect({ ...asRs, aud: [IMAGES, 'rs'] })).toBe(401);
    for (const aud of ['rs', OWN, `${OWN}/oauth2/token`]) expect(await introspect({ ...asRs, aud })).toBe(200);
    const admin = { client_id: 'admin', sub: 'admin', scope: 'revoke revoke-all' };
    expect((await world.revoke({ token: ours }, bearer({ ...admin, aud: IMAGES }))).status).toBe(401);
    expect(await world.isActive(ours)).toBe(true);
  });

  it('sees nothing any more when the record of its client is gone', async () => {
    const answer = await world.introspect({ token: world.token() }, bearer({ client_id: 'gone', sub: 'gone' }));
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(world.logLines.join('')).toContain('"detail":"unknown_client"');
  });
});
