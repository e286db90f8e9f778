/** Which way dependencies point (docs/architecture.md): oauth <- token <- clients, policy <- services; service-kit knows oauth only. */
const only = (name, allowed, comment) => ({
  name: `${name}-depends-on`,
  comment,
  severity: 'error',
  from: { path: `^packages/${name}/src` },
  to: { path: '^(packages|services)/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only('oauth', [], 'The protocol is pure.'),
    only('token', ['oauth'], 'Tokens know the protocol and nothing above.'),
    only('clients', ['oauth', 'token'], 'Clients authenticate with tokens.'),
    only('policy', ['oauth', 'token'], 'Policies decide about tokens.'),
    only('service-kit', ['oauth'], 'The kit knows no protocol beyond rendering an OAuth error.'),
    only('composition', ['oauth', 'token', 'clients', 'service-kit'], 'What several services compose in the same way.'),
    {
      name: 'oauth-is-pure',
      comment: 'No dependency and no I/O.',
      severity: 'error',
      from: { path: '^packages/oauth/src' },
      to: { dependencyTypes: ['npm', 'core'] },
    },
    {
      name: 'services-are-apart',
      comment: 'Services never import each other; only standalone imports them, by their index.',
      severity: 'error',
      from: { path: '^services/(?!standalone/)([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'standalone-uses-the-index',
      severity: 'error',
      from: { path: '^services/standalone/' },
      to: { path: '^services/(?!standalone/)', pathNot: '^services/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'one-index-per-package',
      comment: 'A package is imported by its name, never by a path into it.',
      severity: 'error',
      from: { path: '^(packages|services)/([^/]+)/' },
      to: { path: '^packages/([^/]+)/src/', pathNot: ['^$1/$2/', '^packages/[^/]+/src/(index|testing/[^/]+)\\.ts$'] },
    },
    {
      name: 'testing-stays-in-tests',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/src', pathNot: '^packages/testing/' },
      to: { path: '^packages/testing/' },
    },
    {
      name: 'http-lives-in-service-kit',
      comment: 'Other packages receive an HttpClient; drivers and frameworks stay behind their adapter.',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/src', pathNot: '^packages/(service-kit|testing)/' },
      to: { path: 'node_modules/(axios|express|pino|prom-client)/' },
    },
    {
      name: 'declared-dependencies',
      severity: 'error',
      from: { path: '/src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['mandate-source', 'import', 'node', 'default', 'types'],
    },
  },
};
