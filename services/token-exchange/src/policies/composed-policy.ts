import type { ComposedPart } from '@mandate/composition';
import type { PolicyBackend } from '@mandate/policy';
import type { IssuerKeys } from '@mandate/token';
import type { SubjectReader } from '../exchange/subject-reader.js';

/** A policy backend, and what it brings along. */
export interface ComposedPolicy extends ComposedPart {
  backend: PolicyBackend;
  /** Reads subject tokens that are no JWTs; how far their issuer is believed is what `issuers` says of it. */
  subjectReader?: (issuers: IssuerKeys) => SubjectReader;
}
