export interface ConfigIssue {
  /** The environment variable, or the file, that is wrong. */
  variable: string;
  /** What is wrong with it and where, without its value. */
  message: string;
}

/** The configuration cannot be used: the process logs one line naming every offending variable and exits 78. */
export class ConfigError extends Error {
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    super(issues.map(({ variable, message }) => `${variable}: ${message}`).join('; '));
    this.name = 'ConfigError';
    this.issues = issues;
  }
}
