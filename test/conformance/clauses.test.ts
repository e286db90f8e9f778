import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { type Clause, expectClause } from './clause.js';
import { type ClauseWorld, startClauseWorld } from './clause-world.js';
import { ciba, fapiCiba } from './ciba.js';
import { rfc6749 } from './rfc6749.js';
import { rfc6750 } from './rfc6750.js';
import { rfc7009 } from './rfc7009.js';
import { rfc7519 } from './rfc7519.js';
import { rfc7521, rfc7523 } from './rfc7523.js';
import { rfc7521Grant, rfc7523Grant } from './rfc7523-grant.js';
import { rfc7662 } from './rfc7662.js';
import { rfc8414 } from './rfc8414.js';
import { rfc8693, rfc8707 } from './rfc8693.js';
import { rfc9068 } from './rfc9068.js';

const clauses: Clause[] = [
  ...rfc6749,
  ...rfc6750,
  ...rfc7009,
  ...rfc7519,
  ...rfc7521,
  ...rfc7521Grant,
  ...rfc7523,
  ...rfc7523Grant,
  ...rfc7662,
  ...rfc8414,
  ...rfc8693,
  ...rfc8707,
  ...rfc9068,
  ...ciba,
  ...fapiCiba,
];

let world: ClauseWorld;
beforeAll(async () => {
  world = await startClauseWorld();
});
afterAll(() => world.stop());

describe('the standalone does as the RFCs say', () => {
  it.each(clauses)('$clause', (clause) => expectClause(world, clause));
});
