/**
 * A mounted file (policy, clients, keys, issuers) cannot be used. Each problem names its place in the file and what is
 * wrong there, never a value.
 */
export class FileError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'FileError';
    this.problems = problems;
  }
}
