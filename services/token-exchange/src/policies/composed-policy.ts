import type { ComposedPart } from '@mandate/composition';
import type { PolicyBackend } from '@mandate/policy';

/** A policy backend, and what it brings along. */
export interface ComposedPolicy extends ComposedPart {
  backend: PolicyBackend;
}
