import { FileError } from '@mandate/ports';

/** The error of one problem in a key set or a list of issuers. `place` is empty where the whole text is meant. */
export function fileProblem(place: string, problem: string): FileError {
  return new FileError([place === '' ? problem : `${place}: ${problem}`]);
}
