import { describe, expect, it } from '@jest/globals';
import { authenticationConfig, compose as composeAuthentication } from '@mandate/authentication';
import { createRuntime, IMS_PROFILE, readConfiguration } from '@mandate/service-kit';
import { compose as composeTokenExchange, tokenExchangeConfig } from '@mandate/token-exchange';
import { compose as composeTokenValidation, tokenValidationConfig } from '@mandate/token-validation';
import { ENVIRONMENTS } from './published-requests.js';
import type { PublishedWorld } from './published-world.js';

/**
 * What of each published environment does nothing, then as now: the README's Consul dump gives authentication a list of
 * key stores, and both Consul environments name where to introspect without the policy that would.
 */
const WITHOUT_EFFECT: Record<string, Record<string, readonly string[]>> = {
  yaml: {},
  'readme-consul': { authentication: ['ISSUER_JWK_STORE'], 'token-exchange': ['EXCHANGE_JWT_INTROSPECT_URL'] },
  'consul-export': { authentication: ['ISSUER_JWK_STORE'], 'token-exchange': ['EXCHANGE_JWT_INTROSPECT_URL'] },
};

const env = (source: string, name: string, extra: Record<string, string> = {}) => ({
  env: { ...ENVIRONMENTS[source]?.[name], COMPATIBILITY: 'ims', LOG_LEVEL: 'silent', ...extra },
});

/** Composes one service and lets go of it; what was set without effect. */
const SERVICES = {
  async authentication(sources: ReturnType<typeof env>) {
    const { config, withoutEffect } = readConfiguration(authenticationConfig, sources);
    await (await composeAuthentication(config, createRuntime('authentication', config))).close();
    return withoutEffect;
  },
  async 'token-validation'(sources: ReturnType<typeof env>) {
    const { config, withoutEffect } = readConfiguration(tokenValidationConfig, sources);
    await (await composeTokenValidation(config, createRuntime('token-validation', config))).close();
    return withoutEffect;
  },
  async 'token-exchange'(sources: ReturnType<typeof env>) {
    const { config, withoutEffect } = readConfiguration(tokenExchangeConfig, sources);
    await (await composeTokenExchange(config, createRuntime('token-exchange', config))).close();
    return withoutEffect;
  },
};
type Name = keyof typeof SERVICES;

/** Every published environment as it is printed, with `COMPATIBILITY=ims` and nothing else. */
export function describeEnvironments(world: PublishedWorld): void {
  const names = Object.keys(SERVICES) as Name[];
  const every = Object.keys(ENVIRONMENTS).flatMap((source) => names.map((name) => ({ source, name })));

  describe('the published environments', () => {
    it.each(every)(
      '$source starts $name, and every variable takes effect but those listed',
      async ({ source, name }) => {
        const withoutEffect = await SERVICES[name](env(source, name));
        expect(withoutEffect.map(({ variable }) => variable)).toEqual(WITHOUT_EFFECT[source]?.[name] ?? []);
      },
    );

    it('are said at start: what is turned on, what does nothing, and what only stands in', () => {
      const lines = world.trios.consul?.services['token-exchange'].lines() ?? [];
      const linesOf = (msg: string) => lines.filter((line) => line['msg'] === msg);
      expect(linesOf('compatibility turned on')).toHaveLength(1);
      const variables = String(linesOf('compatibility turned on')[0]?.['variables']);
      const own = Object.keys(IMS_PROFILE).filter((name) => name in tokenExchangeConfig.shape);
      // The manifests leave AM's cookie the name that it has.
      expect(own.filter((name) => !variables.includes(`${name}=`))).toEqual(['INTROSPECTION_OPENAM_COOKIE_NAME']);
      expect(linesOf('variable without effect').map(({ variable }) => variable)).toEqual([
        'EXCHANGE_JWT_INTROSPECT_URL',
      ]);
      const standIn = lines.find(({ variable }) => variable === 'EXCHANGE_POLICY_JSON_CONFIG_PATH');
      expect(standIn).toMatchObject({ level: 'warn', msg: expect.stringContaining('sample policy') });
      const clients = world.trios.yaml?.services.authentication.lines() ?? [];
      expect(clients.find(({ variable }) => variable === 'CLIENT_CREDENTIALS_JSON_PATH')).toMatchObject({
        level: 'warn',
        msg: expect.stringContaining('demonstration clients'),
      });
    });

    it.each(names)('warn of the published key wherever %s believes it', (name) => {
      const lines = world.trios.yaml?.services[name].lines() ?? [];
      const warned = lines.filter(({ msg }) => String(msg).includes('demonstration key'));
      const keys = Object.keys(ENVIRONMENTS['yaml']?.[name] ?? {}).filter((variable) =>
        variable.endsWith('_JWK_BASE64'),
      );
      expect(warned.map(({ variable }) => variable).sort()).toEqual(keys.sort());
      expect(warned.map(({ level }) => level)).toEqual(keys.map(() => 'warn'));
    });

    it.each(['authentication', 'token-exchange'] as const)('%s bundles nothing in production', async (name) => {
      const variable = name === 'authentication' ? 'CLIENT_CREDENTIALS_JSON_PATH' : 'EXCHANGE_POLICY_JSON_CONFIG_PATH';
      const refusal = new RegExp(`${variable}.*NODE_ENV=production`);
      await expect(SERVICES[name](env('yaml', name, { NODE_ENV: 'production' }))).rejects.toThrow(refusal);
      await expect(SERVICES[name](env('yaml', name, { NODE_ENV: 'development' }))).resolves.toBeDefined();
    });

    it.each(['authentication', 'token-exchange'] as const)('%s bundles nothing without COMPATIBILITY', async (name) => {
      await expect(SERVICES[name](env('yaml', name, { COMPATIBILITY: 'standard' }))).rejects.toThrow('is needed');
    });
  });
}
