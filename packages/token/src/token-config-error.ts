/** A key set or a list of issuers in configuration is wrong. `place` says where, `problem` what: never a value. */
export class TokenConfigError extends Error {
  readonly place: string;
  readonly problem: string;

  constructor(place: string, problem: string) {
    super(place === '' ? problem : `${place}: ${problem}`);
    this.name = 'TokenConfigError';
    this.place = place;
    this.problem = problem;
  }
}
