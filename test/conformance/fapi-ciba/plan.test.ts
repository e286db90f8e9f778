import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { configure } from './flow.js';
import { flowModules } from './flow-modules.js';
import { type Plan, startPlan } from './plan-world.js';
import { refusalModules } from './refusal-modules.js';

let plan: Plan;
beforeAll(async () => {
  plan = await startPlan();
});
afterAll(() => plan.stop());

describe("what the OpenID Foundation's FAPI-CIBA plan asserts (private_key_jwt, poll, plain_fapi)", () => {
  it.each([...flowModules, ...refusalModules])('$module', async ({ run }) => {
    await configure(plan);
    await run(plan);
  });
});
