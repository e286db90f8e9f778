import { authenticationConfig, compose as composeAuthentication } from '@mandate/authentication';
import type { Clock } from '@mandate/ports';
import { type Environment, readConfig, type Runtime } from '@mandate/service-kit';
import { type LoopbackService, startOnLoopback } from '@mandate/service-kit/testing';
import { compose as composeTokenExchange, tokenExchangeConfig } from '@mandate/token-exchange';
import { compose as composeTokenValidation, tokenValidationConfig } from '@mandate/token-validation';

const composers = {
  authentication: (env: Environment, runtime: Runtime) =>
    composeAuthentication(readConfig(authenticationConfig, { env }), runtime),
  'token-validation': (env: Environment, runtime: Runtime) =>
    composeTokenValidation(readConfig(tokenValidationConfig, { env }), runtime),
  'token-exchange': (env: Environment, runtime: Runtime) =>
    composeTokenExchange(readConfig(tokenExchangeConfig, { env }), runtime),
};

/** By the real time, as whoever is not ours judges. */
export const realClock = (): number => Math.floor(Date.now() / 1000);

/** One service in this process, with these variables; its ports are any free ones unless they say otherwise. */
export function startService(
  name: keyof typeof composers,
  env: Environment,
  clock: Clock = realClock,
): Promise<LoopbackService> {
  return startOnLoopback(async (runtime) => [await composers[name](env, runtime)], { clock, env });
}
