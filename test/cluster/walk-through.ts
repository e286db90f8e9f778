import { expect } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Origins } from './calls.js';
import { INSIDE, type World } from './world.js';

/** `npm run walkthrough` from outside and in a pod: issue, exchange, introspect, revoke, act as, and Mallory refused. */
export async function walkThrough(world: World): Promise<void> {
  const env = { ...process.env, ...variables(world, world.outside()) };
  const outside = await promisify(execFile)('npm', ['run', '--silent', 'walkthrough'], { env });
  const inside = await world.inPod.script('scripts/walkthrough.ts', variables(world, INSIDE));
  for (const output of [outside.stdout, inside]) {
    expect(output).toMatch(/6 Mallory tries\s+400 invalid_request/);
    expect(output).toMatch(/8 Mallory tries\s+400 invalid_request/);
  }
}

function variables(world: World, origins: Origins): Record<string, string> {
  const secrets = Object.entries(world.overlays.secrets).map(([id, secret]) => [`${id.toUpperCase()}_SECRET`, secret]);
  return {
    AUTHENTICATION_URL: origins.authentication,
    TOKEN_VALIDATION_URL: origins['token-validation'],
    TOKEN_EXCHANGE_URL: origins['token-exchange'],
    ...(Object.fromEntries(secrets) as Record<string, string>),
  };
}
