import { choice } from '@mandate/service-kit';

/** The variable of what becomes a delegation (docs/people.md). */
export const delegationRecordsConfig = {
  DELEGATION_RECORDS: choice(['agreed', 'all'])
    .default('agreed')
    .describe(
      'What becomes a delegation that can be seen and ended: `agreed`, what a person agreed to; `all`, the exchange of a foreign token too, for one more round trip to Redis (docs/people.md)',
    ),
};
