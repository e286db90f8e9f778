import { afterAll, beforeAll, jest } from '@jest/globals';
import { describeAsking } from './describe-asking.js';
import { describeDisturbances } from './describe-disturbances.js';
import { describeFigures } from './describe-figures.js';
import { describeKeyRotation } from './describe-key-rotation.js';
import { describeOpaOutage, describeRedisOutage } from './describe-outages.js';
import { describeOverlays } from './describe-overlays.js';
import { describePolicyChanges } from './describe-policy-changes.js';
import { describeRollouts } from './describe-rollouts.js';
import { describeSwap } from './describe-swap.js';
import { openWorld, type World } from './world.js';

// One world for all, in this order: each part begins with what the one before has left, as a cluster does.

jest.setTimeout(900_000);

let openedWorld: World | undefined;
const world = (): World => {
  if (openedWorld === undefined) throw new Error('no cluster');
  return openedWorld;
};

beforeAll(async () => {
  openedWorld = await openWorld(process.env);
});
afterAll(async () => {
  await openedWorld?.close();
});

// The last of these is the overlay json, which stays until the swap.
describeOverlays(world);
describeAsking(world);
describeFigures(world);
describePolicyChanges(world, 'json');
describeRollouts(world);
describeDisturbances(world);
describeKeyRotation(world);
describeRedisOutage(world);
describeSwap(world);
describePolicyChanges(world, 'opa');
describeOpaOutage(world);
