import type { Runtime } from '@mandate/service-kit';
import type { IssuerKeys } from '@mandate/token';
import type { ComposedPolicy } from '../policies/composed-policy.js';
import { amSessionConfig, type AmSessionSettings, composeAmSessionReader } from './am-session.js';
import type { ComposedSubjectReader, SubjectReader } from './subject-reader.js';

/** The variables of every reader: one is a file here, and a line here and below. */
export const subjectReadersConfig = { ...amSessionConfig };

export type SubjectReaderSettings = AmSessionSettings;

/** The readers that are configured. @throws ConfigError when one lacks its settings. */
export function composeSubjectReaders(config: SubjectReaderSettings, runtime: Runtime): ComposedSubjectReader[] {
  return [composeAmSessionReader(config, runtime)].filter((reader) => reader !== undefined);
}

/** Who reads subject tokens that are no JWTs, in the order that they are asked: first those of policy backends. */
export function subjectReadersOf(
  { policies, readers }: { policies: readonly ComposedPolicy[]; readers: readonly ComposedSubjectReader[] },
  issuers: IssuerKeys,
): SubjectReader[] {
  const ofPolicies = policies.map(({ subjectReader }) => subjectReader?.(issuers));
  return [...ofPolicies, ...readers.map(({ reader }) => reader)].filter((reader) => reader !== undefined);
}
