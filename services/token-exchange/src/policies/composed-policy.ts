import type { ComposedPart } from '@mandate/composition';
import type { PolicyBackend } from '@mandate/policy';
import type { IssuerKeys, TokenSigner } from '@mandate/token';
import type { SubjectReader } from '../subject-readers/subject-reader.js';

/** A policy backend, and what it brings along. */
export interface ComposedPolicy extends ComposedPart {
  backend: PolicyBackend;
  /** Reads subject tokens that are no JWTs; how far their issuer is believed is what `issuers` says of it. */
  subjectReader?: (issuers: IssuerKeys) => SubjectReader;
}

/** What a backend is composed with, beside its settings. */
export interface PolicyComposition {
  /** Ours. */
  signer: TokenSigner;
  /** The variable that a setting came from, for messages. */
  nameOf: (setting: string) => string;
}
