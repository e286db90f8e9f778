/**
 * The answer, or what `late` returns or throws where there is none within `timeoutMs` milliseconds. The work itself is
 * not stopped; how it ends after the deadline is ignored, a failure too.
 *
 * @example
 * const status = await withDeadline(part.status(), 1000, () => ({ ready: false }));
 */
export async function withDeadline<Answer, Late>(
  answer: Answer | Promise<Answer>,
  timeoutMs: number,
  late: () => Late,
): Promise<Answer | Late> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  try {
    return await Promise.race([answer, deadline.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
