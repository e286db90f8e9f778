import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@mandate/ports';
import {
  choice,
  choices,
  commonConfig,
  flag,
  IMS_PROFILE,
  readConfiguration,
  text,
  url,
  usedWith,
} from '@mandate/service-kit';
import fc from 'fast-check';
import { z } from 'zod';

const schema = z.object({
  ...commonConfig,
  TOKEN_EXCHANGE_POLICIES: choices(['json', 'openam']).default(['json']),
  TOKEN_TYPE_CHECK: choice(['strict', 'ims']).default('strict'),
  JWT_POLICY_N_A: flag().default(false),
  INTROSPECTION_OPENAM_SESSION_URL: url().optional(),
  INTROSPECTION_OPENAM_COOKIE_NAME: text().default('iPlanetDirectoryPro'),
  ...usedWith(
    { TOKEN_EXCHANGE_POLICIES: 'openam' },
    { EXCHANGE_OPENAM_AUTH_URL: url().optional(), EXCHANGE_OPENAM_COOKIE_NAME: text().default('iPlanetDirectoryPro') },
  ),
  ...usedWith({ REDIS_URL: true }, { REDIS_CA_FILE: text().optional() }),
  REDIS_URL: text().optional(),
});

const AUTHENTICATE = 'https://am.example.com/openam/json/realms/root/authenticate';
const configurationOf = (env: Record<string, string>) => readConfiguration(schema, { env });
const without = (env: Record<string, string>) =>
  Object.fromEntries(configurationOf(env).withoutEffect.map(({ variable, problem }) => [variable, problem]));

describe('COMPATIBILITY', () => {
  it('sets nothing unless it is ims', () => {
    expect(configurationOf({}).profile).toEqual({});
    expect(configurationOf({ COMPATIBILITY: 'standard' }).config.TOKEN_TYPE_CHECK).toBe('strict');
  });

  it('sets what the table says, of the variables that a service has', () => {
    const { config, profile } = configurationOf({ COMPATIBILITY: 'ims' });
    expect(config).toMatchObject({ TOKEN_TYPE_CHECK: 'ims', JWT_POLICY_N_A: true });
    expect(profile).toEqual({ TOKEN_TYPE_CHECK: 'ims', JWT_POLICY_N_A: 'true' });
    expect(Object.keys(profile).every((name) => name in IMS_PROFILE)).toBe(true);
  });

  it('leaves a variable alone that is set by itself', () => {
    const { config, profile } = configurationOf({ COMPATIBILITY: 'ims', TOKEN_TYPE_CHECK: 'strict' });
    expect(config.TOKEN_TYPE_CHECK).toBe('strict');
    expect(profile).toEqual({ JWT_POLICY_N_A: 'true' });
  });

  it.each([
    [AUTHENTICATE, 'https://am.example.com/openam/json/sessions'],
    ['https://am.example.com/json/authenticate', 'https://am.example.com/json/sessions'],
    ['https://am.example.com/elsewhere', undefined],
  ])('asks about sessions at the AM of %s', (authenticate, sessions) => {
    const env = { COMPATIBILITY: 'ims', EXCHANGE_OPENAM_AUTH_URL: authenticate };
    expect(configurationOf(env).config.INTROSPECTION_OPENAM_SESSION_URL).toBe(sessions);
  });

  it.each([
    ['by the name of its cookie', {}, 'amSession'],
    ['and not by that of another AM', { INTROSPECTION_OPENAM_SESSION_URL: 'https://other.example.com' }, undefined],
    ['and by another name where told so', { INTROSPECTION_OPENAM_COOKIE_NAME: 'mine' }, 'mine'],
  ])('asks about sessions at the AM of the exchange, %s', (_how, variables, cookieName = 'iPlanetDirectoryPro') => {
    const exchange = { EXCHANGE_OPENAM_AUTH_URL: AUTHENTICATE, EXCHANGE_OPENAM_COOKIE_NAME: 'amSession' };
    const env = { COMPATIBILITY: 'ims', ...exchange, ...variables };
    expect(configurationOf(env).config.INTROSPECTION_OPENAM_COOKIE_NAME).toBe(cookieName);
  });

  it('gives what it takes a value from an effect, which is none without it', () => {
    const exchange = { EXCHANGE_OPENAM_AUTH_URL: AUTHENTICATE, EXCHANGE_OPENAM_COOKIE_NAME: 'amSession' };
    expect(without({ COMPATIBILITY: 'ims', CONFIG_STRICT: 'true', ...exchange })).toEqual({});
    expect(Object.keys(without(exchange))).toEqual(Object.keys(exchange));
    const otherAm = { ...exchange, INTROSPECTION_OPENAM_SESSION_URL: 'https://other.example.com' };
    expect(Object.keys(without({ COMPATIBILITY: 'ims', ...otherAm }))).toEqual(Object.keys(exchange));
  });
});

describe('a variable without effect', () => {
  it('is named when what it is for is not in use, and not when it is', () => {
    const env = { EXCHANGE_OPENAM_AUTH_URL: 'https://am.example.com' };
    expect(without(env)).toEqual({
      EXCHANGE_OPENAM_AUTH_URL: 'has no effect unless TOKEN_EXCHANGE_POLICIES has openam',
    });
    expect(without({ ...env, TOKEN_EXCHANGE_POLICIES: 'json,openam' })).toEqual({});
    expect(without({ REDIS_CA_FILE: 'ca.pem' })).toEqual({ REDIS_CA_FILE: 'has no effect unless REDIS_URL is set' });
    expect(without({ REDIS_CA_FILE: 'ca.pem', REDIS_URL: 'redis://r' })).toEqual({});
  });

  it.each([
    ['TOKEN_EXCHANGE_POLICY', 'TOKEN_EXCHANGE_POLICIES'],
    ['EXCHANGE_OPENAM_URL', 'EXCHANGE_OPENAM_AUTH_URL'],
    ['REDIS_CAFILE', 'REDIS_CA_FILE'],
  ])('is named with the variable that is meant: %s', (name, meant) => {
    expect(without({ [name]: 'x' })).toEqual({ [name]: `is no variable of this service: is ${meant} meant?` });
  });

  it('is found whatever letter is left out, doubled or mistaken', () => {
    const name = 'EXCHANGE_OPENAM_AUTH_URL';
    const typo = fc.tuple(fc.integer({ min: 9, max: name.length - 1 }), fc.constantFrom('', 'X', 'XX'));
    fc.assert(
      fc.property(typo, ([at, letters]) => {
        const misspelt = name.slice(0, at) + letters + name.slice(at + 1);
        expect(without({ [misspelt]: 'x' })[misspelt]).toContain(name);
      }),
    );
  });

  it.each([
    'PATH',
    'HOSTNAME',
    'REDIS_PORT',
    'REDIS_PORT_6379_TCP_ADDR',
    'TOKEN_EXCHANGE_SERVICE_HOST',
    'LC_ALL',
    'KUBERNETES_PORT',
  ])('is not %s, which other programs set', (name) => expect(without({ [name]: 'x' })).toEqual({}));

  it('of another service is said, and is no mistake', () => {
    const env = { INTROSPECTION_SERVICES: 'json', CONFIG_STRICT: 'true' };
    expect(configurationOf(env).withoutEffect).toEqual([
      { variable: 'INTROSPECTION_SERVICES', problem: expect.stringContaining('another service'), shared: true },
    ]);
  });

  it.each(['TOKEN_EXCHANGE_POLICY', 'EXCHANGE_OPENAM_AUTH_URL'])('%s stops the start with CONFIG_STRICT', (name) => {
    const env = { [name]: 'https://am.example.com', CONFIG_STRICT: 'true' };
    expect(() => configurationOf(env)).toThrow(ConfigError);
    expect(() => configurationOf(env)).toThrow(name);
    expect(() => configurationOf(env)).not.toThrow('am.example.com');
  });
});
