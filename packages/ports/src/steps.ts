/** Work cut into steps of some microseconds each: whoever runs it chooses what happens between two of them. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Runs the work to its end at once. @throws what the work throws. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
