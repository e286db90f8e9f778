import { type HttpClient, UpstreamError } from '@mandate/ports';

/** The `HttpClient` port over the platform's fetch: what an adapter's tests need, without the rules of service-kit's. */
export function fetchHttpClient({ timeoutMs = 2000 }: { timeoutMs?: number } = {}): HttpClient {
  return {
    async send({ method, url, headers, body, maxResponseBytes = Infinity, ...request }) {
      const signal = AbortSignal.timeout(request.timeoutMs ?? timeoutMs);
      try {
        const init = { method, redirect: 'manual' as const, signal, ...(body !== undefined && { body }) };
        const response = await fetch(url, { ...init, ...(headers && { headers }) });
        const text = await response.text();
        if (text.length > maxResponseBytes) throw new UpstreamError('http', 'too_large');
        return { status: response.status, headers: Object.fromEntries(response.headers), body: text };
      } catch (error) {
        if (error instanceof UpstreamError) throw error;
        throw new UpstreamError('http', signal.aborted ? 'timeout' : 'unreachable');
      }
    },
  };
}
