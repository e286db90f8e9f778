/** The two families of OPA's data API: what is posted and what is read. */
export type OpaFamily = 'v0' | 'v1';

/** A decision of OPA's data API. The path comes from configuration alone (X14). */
export interface OpaEndpoint {
  url: string;
  family: OpaFamily;
  /** Path of the decision, for the log and explain: `forgerock/exchange/match`. */
  decision: string;
  /** OPA's own health, bundles included. */
  healthUrl: string;
}

const DATA_PATH = /^(.*?)\/(v0|v1)\/data\/([^?#]+)(?:\?[^#]*)?$/;

/** What is wrong where OPA answers that its decision is undefined: nothing has a value at the path of the URL. */
export function noDocument({ family, decision }: Pick<OpaEndpoint, 'family' | 'decision'>): string {
  return `OPA has no document at /${family}/data/${decision}`;
}

/** Reads the URL of a decision, `.../v0/data/...` or `.../v1/data/...`; `undefined` when it is neither. */
export function parseOpaUrl(url: string): OpaEndpoint | undefined {
  if (!URL.canParse(url)) return undefined;
  const [, base, family, decision] = DATA_PATH.exec(url) ?? [];
  if (base === undefined || decision === undefined || (family !== 'v0' && family !== 'v1')) return undefined;
  return { url, family, decision, healthUrl: `${base}/health?bundles` };
}
