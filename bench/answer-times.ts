const CALLERS = 2;

/**
 * Asks without a pause, by two callers, until it is over. How long each answer took, milliseconds, ascending.
 * @throws Error for any answer but 200
 */
export async function answerTimes(url: string, request: RequestInit, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  const ask = async (): Promise<void> => {
    while (!isOver()) {
      const startMs = performance.now();
      const response = await fetch(url, { method: 'POST', ...request });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`the benchmark got ${response.status}`);
      times.push(performance.now() - startMs);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, ask));
  return times.sort((a, b) => a - b);
}
