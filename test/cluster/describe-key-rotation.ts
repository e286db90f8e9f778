import { describe, expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK, SignJWT } from 'jose';
import { generateSigningJwks } from '../../scripts/generate-keys.js';
import { exchangeCall, tokenCall } from './calls.js';
import { diagnosedIt } from './diagnosed.js';
import { reasonsOf, underLoad } from './under-load.js';
import { until } from './until.js';
import { INSIDE, send, servicePods, type World } from './world.js';

const KEYS = 'authentication.jwks.json';

interface Jwks {
  keys: JWK[];
}

/** The signing key of authentication replaced as k8s/README.md says, by its Secret. */
export function describeKeyRotation(world: () => World): void {
  const it = diagnosedIt(world);
  const apply = async (jwks: Jwks): Promise<void> => {
    await world().overlays.writeSecret(KEYS, JSON.stringify(jwks));
    await world().kubectl.run(['apply', '-k', world().overlays.folder('json')]);
  };
  const isActive = async (token: string, caller: string): Promise<boolean> => {
    const { status, text } = await send(tokenCall(world().outside(), 'introspect', { token, caller }));
    if (status !== 200) throw new Error(`introspection: ${status}`);
    return (JSON.parse(text) as { active: boolean }).active;
  };
  /** What every replica that verifies says to a token: whether it is good. */
  const verdicts = async (token: string, caller: string): Promise<boolean[]> => {
    const pods = (await servicePods(world().kubectl)).filter(({ name }) => !name.startsWith('authentication'));
    const ask = async ({ name, ip }: (typeof pods)[number]): Promise<boolean> => {
      const at = { ...INSIDE, 'token-validation': `http://${ip}:8080`, 'token-exchange': `http://${ip}:8080` };
      const introspection = tokenCall(at, 'introspect', { token, caller });
      const exchange = exchangeCall(at, { subject: token, caller });
      const { text } = await world().inPod.send(name.startsWith('token-exchange') ? exchange : introspection);
      return /"active":true|"issued_token_type"/.test(text);
    };
    return Promise.all(pods.map(ask));
  };
  const keyOf = (token: string): string | undefined => decodeProtectedHeader(token).kid;

  describe('the signing key of authentication', () => {
    it('is replaced: tokens of the old one are good until they expire, new ones at once, and no request fails', async () => {
      const former = JSON.parse(await world().overlays.read('json', `secrets/${KEYS}`)) as Jwks;
      const { keys: newKeys } = JSON.parse(await generateSigningJwks()) as Jwks;
      const bob = await world().tokenOf('bob', 'exchange introspect');
      const old = await world().tokenOf('alice', 'read');
      expect(keyOf(old)).toBe(former.keys[0]?.kid);
      let waitSeconds = 0;
      const report = await underLoad(world(), { name: 'signing key replaced' }, async () => {
        const short = untilExpired(await world().tokenOf('short', 'read'), (token) => isActive(token, bob));
        short.catch(() => undefined);
        await apply({ keys: [...former.keys, ...newKeys] });
        const early = await signedAs(old, newKeys[0]!);
        const isBelieved = async () => (await verdicts(early, bob)).every(Boolean);
        waitSeconds = await until('every verifier has the new key', isBelieved);
        await apply({ keys: [...newKeys, ...former.keys] });
        await until('the new key signs', async () => {
          const token = await world().tokenOf('alice', 'read');
          expect(await isActive(token, bob)).toBe(true);
          return keyOf(token) === newKeys[0]?.kid;
        });
        expect(await verdicts(old, bob)).not.toContain(false);
        await short;
      });
      world().figure('a new key known to every verifier after', `${waitSeconds.toFixed(1)} s`);
      expect(reasonsOf(report.failures)).toEqual([]);
    });
  });
}

/** The same token by another key of its issuer. */
async function signedAs(token: string, jwk: JWK): Promise<string> {
  const header = { ...decodeProtectedHeader(token), alg: jwk.alg ?? '', kid: jwk.kid ?? '' };
  const claims = { ...decodeJwt(token), jti: crypto.randomUUID() };
  return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(jwk));
}

/** Asks after a token until it expires. @throws Error when it is inactive before */
async function untilExpired(token: string, isActive: (token: string) => Promise<boolean>): Promise<void> {
  const expires = (decodeJwt(token).exp ?? 0) * 1000;
  while (Date.now() < expires) {
    // An answer that comes late is about a later time.
    if (!(await isActive(token)) && Date.now() < expires) throw new Error('inactive before it expires');
    await sleep(250);
  }
}
