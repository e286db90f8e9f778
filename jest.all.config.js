/** One configuration for every workspace: tests run from source, as native ES modules, on any machine with Node. */
export const project = (name, roots, extra = {}) => ({
  displayName: name,
  roots: roots.map((root) => `<rootDir>/${root}`),
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testEnvironment: `${import.meta.dirname}/test/runner/suite-environment.js`,
  testEnvironmentOptions: { customExportConditions: ['mandate-source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  ...extra,
});

/** What is printed; `rest` is said after everything else. */
export const reporters = ({ rest } = {}) => [
  'default',
  [`${import.meta.dirname}/test/runner/skip-reporter.js`, { rest }],
  `${import.meta.dirname}/test/runner/exit-reporter.js`,
];

export default {
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'json-summary'],
  collectCoverageFrom: ['packages/{ports,oauth,token,policy,openam}/src/**/*.ts'],
  testTimeout: 60_000,
  // Jest leaves one processor idle unless told, which of two is half.
  maxWorkers: '100%',
  // What a test found free is not given to another run on this machine before it is used.
  globalSetup: `${import.meta.dirname}/test/runner/claim-ports.js`,
  reporters: reporters(),
  projects: [
    project('packages', ['packages']),
    project('services', ['services']),
    project('product', ['test'], { testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/(cluster|images)/'] }),
  ],
};
