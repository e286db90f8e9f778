/**
 * The answer, or what `late` returns or throws where there is none within `timeoutMs` milliseconds. What is under way
 * goes on then, and nobody hears how it ends.
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
