import { afterAll, beforeAll } from '@jest/globals';
import { describeCollections } from './describe-collections.js';
import { describeEnvironments } from './describe-environments.js';
import { describeSamples } from './describe-samples.js';
import { describeStory } from './describe-story.js';
import { findPublishedWorld } from './published-world.js';

/** One start of everything for all that the originals' users have: processes are what costs time. */
const world = await findPublishedWorld();
beforeAll(() => world.start(), 180_000);
afterAll(() => world.stop());

describeCollections(world);
describeEnvironments(world);
describeSamples(world);
describeStory(world);
