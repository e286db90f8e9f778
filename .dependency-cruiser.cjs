/**
 * The layering of docs/architecture.md, checked. Dependencies point one way:
 *
 *   ports <- oauth <- token <- clients, policy, openam, delegations <- services <- standalone
 *   oauth <- service-kit <- composition (with token, clients and openam) <- services
 *
 * The layers bind source; tests may use whatever their package.json names, but enter packages by the door as well.
 */

/** What the source of each package may import: packages of ours, packages of npm, and the platform (`core`). */
const PACKAGES = {
  ports: { ours: [], npm: [], core: false },
  oauth: { ours: ['ports'], npm: [], core: false },
  token: { ours: ['ports', 'oauth'], npm: ['jose', 'zod'], core: true },
  clients: {
    ours: ['ports', 'oauth', 'token'],
    npm: ['zod', 'lru-cache', '@node-rs/argon2', 'ldapts', 'mongodb', 'cassandra-driver'],
    core: true,
  },
  policy: { ours: ['ports', 'oauth'], npm: ['zod'], core: true },
  openam: { ours: ['ports', 'oauth', 'token', 'policy'], npm: [], core: true },
  delegations: { ours: ['ports', 'oauth'], npm: ['zod'], core: true },
  'service-kit': {
    ours: ['ports', 'oauth'],
    npm: ['axios', 'express', 'ipaddr.js', 'pino', 'prom-client', 'zod'],
    core: true,
  },
  composition: {
    ours: ['ports', 'oauth', 'token', 'clients', 'openam', 'delegations', 'service-kit'],
    npm: ['ioredis'],
    core: true,
  },
  'token-endpoint': { ours: ['ports', 'oauth', 'clients', 'service-kit'], npm: [], core: false },
};

const SERVICES = ['authentication', 'token-validation', 'token-exchange'];

const escape = (text) => text.replace(/[/\\^$.*+?()[\]{}|]/g, '\\$&');
const oneOf = (names) => (names.length === 0 ? '(?!)' : `(?:${names.map(escape).join('|')})`);
const npmPackage = (names) => `(^|/)node_modules/(?:@types/)?${oneOf(names)}(/|$)`;

const packageRules = Object.entries(PACKAGES).flatMap(([name, { ours, npm, core }]) => [
  {
    name: `${name}-layer`,
    comment: `packages/${name} may import ${ours.length === 0 ? 'no other package' : ours.join(', ')}.`,
    severity: 'error',
    from: { path: `^packages/${name}/src/` },
    to: { path: '^packages/', pathNot: `^packages/${oneOf([name, ...ours])}/` },
  },
  {
    name: `${name}-npm`,
    comment: `packages/${name} may use ${npm.length === 0 ? 'nothing' : npm.join(', ')} of npm.`,
    severity: 'error',
    from: { path: `^packages/${name}/src/` },
    to: { path: '(^|/)node_modules/', pathNot: [npmPackage(npm)] },
  },
  ...(core
    ? []
    : [
        {
          name: `${name}-pure`,
          comment: `packages/${name} is pure: no I/O, nothing of the platform's modules.`,
          severity: 'error',
          from: { path: `^packages/${name}/src/` },
          to: { dependencyTypes: ['core'] },
        },
      ]),
]);

const serviceRules = SERVICES.map((name) => ({
  name: `${name}-alone`,
  comment: `services/${name} imports no other service.`,
  severity: 'error',
  from: { path: `^services/${name}/src/` },
  to: { path: '^services/', pathNot: `^services/${name}/` },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that need each other are one file, or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    ...packageRules,
    {
      name: 'packages-below-services',
      comment: 'A package never imports a service.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^services/' },
    },
    ...serviceRules,
    {
      name: 'standalone-by-the-door',
      comment: 'The standalone composes services by their index and knows nothing deeper.',
      severity: 'error',
      from: { path: '^services/standalone/src/' },
      to: { path: '^services/', pathNot: ['^services/standalone/', '^services/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'packages-by-the-door',
      comment: 'A package is entered by what its package.json exports.',
      severity: 'error',
      from: { path: '^(packages|services)/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/',
        pathNot: ['^$1/$2/', '^packages/[^/]+/src/index\\.ts$', '^packages/service-kit/src/testing/'],
      },
    },
    {
      name: 'tests-stay-outside',
      comment: 'Source imports no test, no stand-in and no script.',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/src/', pathNot: '^packages/testing/' },
      to: { path: ['^packages/testing/', '^packages/service-kit/src/testing/', '/test/', '^test/', '^scripts/'] },
    },
    {
      name: 'services-without-drivers',
      comment: 'Frameworks and drivers stay behind their package; a service composes what the packages offer.',
      severity: 'error',
      from: { path: '^services/[^/]+/src/' },
      to: { path: '(^|/)node_modules/', pathNot: [npmPackage(['jose', 'zod'])] },
    },
    {
      name: 'only-declared-npm',
      comment: 'What source imports is a dependency of its own package.json, not a development dependency.',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/src/', pathNot: '^packages/testing/|/src/testing/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    combinedDependencies: false,
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['mandate-source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
