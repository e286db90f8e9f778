import type { ComposedPart } from '@mandate/composition';
import type { SubjectReader } from './subject-reader.js';

/** A reader of subject tokens, and what it brings along. */
export interface ComposedSubjectReader extends ComposedPart {
  reader: SubjectReader;
}
