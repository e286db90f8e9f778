import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createTestKey, type RealPart, startRealPart } from '@mandate/testing';
import { startStandalone, type World } from '../end-to-end/worlds.js';
import { goOidc, python, spring } from './libraries.js';

// Clients and APIs written with the libraries that people use, as those say, against a running Mandate: what works as it is,
// and what needs a setting or a line more. docs/integrating.md says the same in words.

const IMAGES = 'https://images.example.com';
const SECRET = 'a-client-secret';
const CLIENT_KEY = createTestKey('ES256');

const clients = [
  { clientId: 'alice', clientSecret: SECRET, scopes: ['read'], audiences: ['app'] },
  {
    clientId: 'app',
    clientSecret: SECRET,
    scopes: ['exchange', 'introspect', 'revoke', 'read'],
    audiences: [IMAGES],
    resourceServerFor: [IMAGES],
    defaultTargets: [`${IMAGES}/photos`],
  },
  {
    clientId: 'app-key',
    jwks: { keys: [CLIENT_KEY.publicJwk] },
    tokenEndpointAuthMethod: 'private_key_jwt',
    scopes: ['read'],
  },
];
const policy = { resources: [{ patterns: [`${IMAGES}/*`], audience: IMAGES, scopes: ['read'], clients: ['app'] }] };

/** What a program prints: each step, and `ok` or what its library says. */
async function run(command: string, issuer: string): Promise<Record<string, string>> {
  const [program = '', ...args] = JSON.parse(command) as string[];
  const child = spawn(program, args, {
    env: {
      ISSUER: issuer,
      IMAGES,
      SECRET,
      CLIENT_KEY: JSON.stringify(CLIENT_KEY.privateJwk),
      AUTHLIB_INSECURE_TRANSPORT: '1',
      OAUTHLIB_INSECURE_TRANSPORT: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const steps = output.trim().startsWith('{')
    ? (JSON.parse(output) as Record<string, string>)
    : Object.fromEntries(
        output
          .trim()
          .split('\n')
          .map((line) => line.split('\t') as [string, string]),
      );
  if (Object.keys(steps).length < 2) throw new Error(`${program} printed no steps: ${errors}`);
  return steps;
}

/** Every step works, but for those that end in an error with these words. */
function outcomes(steps: readonly string[], refusals: Record<string, string> = {}): Record<string, unknown> {
  const results = steps.map((step) => [step, refusals[step] === undefined ? 'ok' : words(refusals[step])] as const);
  return Object.fromEntries(results);
}
const words = (message: string): unknown =>
  expect.stringMatching(new RegExp(`^error: .*${message.replaceAll('+', '\\+')}`));

const GO = [
  'discovery',
  'client credentials',
  'an API verifies the token',
  'token exchange',
  'an API verifies the exchanged token',
];
const PYTHON = [
  'Authlib: metadata is valid',
  'Authlib: client credentials',
  'Authlib: private_key_jwt',
  'Authlib: private_key_jwt for the issuer, for a minute',
  'Authlib: token exchange',
  'Authlib: introspection',
  'Authlib: revocation',
  'Authlib: an API verifies the exchanged token by RFC 9068',
  'PyJWT: an API verifies the exchanged token',
  'requests-oauthlib: client credentials',
];
const SPRING = [
  'ClientRegistrations.fromIssuerLocation',
  'ClientRegistrations.fromOidcIssuerLocation',
  'client credentials',
  'private_key_jwt',
  'private_key_jwt for the issuer',
  'an API with JwtDecoders.fromOidcIssuerLocation',
  'an API with issuer-uri',
  'an API for at+jwt',
  'introspection',
  'token exchange',
  'an API for at+jwt verifies the exchanged token',
];

const AT_JWT_REFUSED = 'at+jwt not allowed';
const JWT_REFUSED = 'typ value needs to be one of';

const libraries: [string, RealPart, { standard: object; lenient: object }][] = [
  ['go-oidc and x/oauth2', goOidc, { standard: outcomes(GO), lenient: outcomes(GO) }],
  [
    'Authlib, PyJWT and requests-oauthlib',
    python,
    {
      standard: outcomes(PYTHON, { 'Authlib: private_key_jwt': 'invalid_client' }),
      lenient: outcomes(PYTHON, {
        'Authlib: an API verifies the exchanged token by RFC 9068': 'invalid_token',
      }),
    },
  ],
  [
    'Spring Security',
    spring,
    {
      standard: outcomes(SPRING, {
        private_key_jwt: 'invalid_client',
        'an API with JwtDecoders.fromOidcIssuerLocation': AT_JWT_REFUSED,
        'an API with issuer-uri': AT_JWT_REFUSED,
      }),
      lenient: outcomes(SPRING, {
        'an API for at+jwt': JWT_REFUSED,
        'an API for at+jwt verifies the exchanged token': JWT_REFUSED,
      }),
    },
  ],
];

const starts = await Promise.all(libraries.map(([, part]) => startRealPart(part, process.env)));

describe.each(libraries.map(([name, , expected], index) => ({ name, expected, command: starts[index]?.address })))(
  '$name',
  ({ expected, command }) => {
    const test = command === undefined ? it.skip : it;
    let world: World | undefined;
    afterEach(() => world?.stop());

    const stepsWith = async (env: Record<string, string>) => {
      world = await startStandalone(env, { clients, policy });
      return run(command ?? '', world.authentication);
    };

    test('work with the defaults, but for what docs/integrating.md says', async () => {
      expect(await stepsWith({})).toEqual(expected.standard);
    });

    test('work with TOKEN_TYP=JWT and ASSERTION_AUDIENCE=compat, but for what asks for at+jwt', async () => {
      expect(await stepsWith({ TOKEN_TYP: 'JWT', ASSERTION_AUDIENCE: 'compat' })).toEqual(expected.lenient);
    });
  },
);
