const MAX_DESCRIBED = 100;

/**
 * A mounted file (policy, clients, keys, issuers) cannot be used. Each problem names its place in the file and what is
 * wrong there, never a value.
 */
export class FileError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(describe(problems));
    this.name = 'FileError';
    this.problems = problems;
  }
}

/** A large file that is wrong throughout makes a message that can be read. */
function describe(problems: readonly string[]): string {
  const more = problems.length - MAX_DESCRIBED;
  const text = problems.slice(0, MAX_DESCRIBED).join('; ');
  return more > 0 ? `${text}; and ${more} more` : text;
}
