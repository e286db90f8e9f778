/** Every field a log line may have besides time, level, service and event. A new one is a decision: add it here. */
export const LOG_FIELDS = [
  ...(['transactionId', 'traceId', 'method', 'route', 'status', 'durationMs'] as const),
  ...(['error', 'reason', 'detail', 'verdict', 'outcome'] as const),
  ...([
    'client',
    'subject',
    'actor',
    'issuer',
    'audience',
    'scopes',
    'grantedScopes',
    'chain',
    'grantType',
    'authenticationMethod',
  ] as const),
  ...(['kid', 'alg', 'tokenId', 'tokenKind', 'backend', 'rule', 'check', 'profile'] as const),
  ...(['dependency', 'failure', 'attempt', 'url', 'host', 'port', 'managementPort'] as const),
  ...([
    'variable',
    'variables',
    'file',
    'problem',
    'part',
    'count',
    'seconds',
    'signal',
    'version',
    'exitCode',
    'policies',
    'state',
  ] as const),
] as const;

export type LogFieldName = (typeof LOG_FIELDS)[number];

/** Fields that name a key or a token: a digest is as long and as random as a secret, and is none. */
export const IDENTIFIER_FIELDS: ReadonlySet<LogFieldName> = new Set<LogFieldName>(['kid', 'tokenId']);
