import everything, { reporters } from './jest.all.config.js';

// What `npm test` runs: unit, contract, HTTP, conformance and documents, and of the tests end to end the demonstration. The
// rest starts processes and real parts by the dozen: `npm run test:all`. A suite that is named is run wherever it is.
const rest = [
  '/test/(integration|properties)/',
  '\\.property\\.test\\.ts$',
  '<rootDir>/test/(leakage|manifests|hostile|scripts|clients)/',
  '<rootDir>/test/end-to-end/(?!demonstration)',
];
const isNamed = process.argv.slice(2).some((word) => /^--testPathPatterns?\b|^(packages|services|test)\b/.test(word));
const shorter = ({ testPathIgnorePatterns, ...project }) => ({
  ...project,
  testPathIgnorePatterns: [...testPathIgnorePatterns, ...rest],
});

export default isNamed
  ? everything
  : {
      ...everything,
      projects: everything.projects.map(shorter),
      reporters: reporters({ rest: 'npm run test:all runs these tests and the slower ones.' }),
    };
