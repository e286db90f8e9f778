import { readFileSync } from 'node:fs';
import { FileError, type FileProblem, type HttpClient, UpstreamError } from '@mandate/ports';
import {
  createTrustingClient,
  type HttpClientOptions,
  parseBearerToken,
  parseCertificates,
} from '@mandate/service-kit';
import type { TrustedIssuerRecord } from '@mandate/token';

const FILES = { caFile: parseCertificates, bearerTokenFile: parseBearerToken } as const;

/** What is wrong with the files that a record names. */
export function issuerFileProblems(record: TrustedIssuerRecord): FileProblem[] {
  return (['caFile', 'bearerTokenFile'] as const).flatMap((member) => {
    const message = problemOf(record, member);
    return message === undefined ? [] : [{ path: [member], message }];
  });
}

function problemOf(record: TrustedIssuerRecord, member: keyof typeof FILES): string | undefined {
  const path = record[member];
  if (path === undefined) return undefined;
  try {
    FILES[member](readFileSync(path, 'utf8'));
    return undefined;
  } catch (error) {
    return error instanceof FileError ? error.message : 'the file cannot be read';
  }
}

/**
 * The client that fetches the keys of one issuer: with its authority and its bearer token, both read anew for every
 * request since they rotate. What was learned from an answer gets no token: it is another party's choice.
 */
export function createIssuerClient(
  record: TrustedIssuerRecord,
  { http, ...options }: HttpClientOptions & { http: HttpClient; timeoutMs: number },
): HttpClient {
  const { caFile, bearerTokenFile } = record;
  const readText = (member: keyof typeof FILES, path: string): string => {
    const problem = problemOf(record, member);
    if (problem !== undefined) throw new UpstreamError('issuer_keys', 'refused', `${member}: ${problem}`);
    return FILES[member](readFileSync(path, 'utf8'));
  };
  const client =
    caFile === undefined ? http : createTrustingClient({ ...options, authorities: () => readText('caFile', caFile) });
  if (bearerTokenFile === undefined) return client;
  return {
    async send(request) {
      if (request.learned === true) return client.send(request);
      const authorization = `Bearer ${readText('bearerTokenFile', bearerTokenFile)}`;
      return client.send({ ...request, headers: { ...request.headers, authorization } });
    },
  };
}
