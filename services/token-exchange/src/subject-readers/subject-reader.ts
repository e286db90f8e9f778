import type { TokenType } from '@mandate/oauth';
import type { Caller } from '@mandate/clients';
import type { ComposedPart } from '@mandate/composition';
import type { PolicyContext } from '@mandate/policy';
import type { VerifyResult } from '@mandate/token';
import type { PresentedToken } from '../exchange/exchange-request.js';
import type { TokenReader } from '../exchange/question.js';

/** A subject token to be read, and who asks for what with it. */
export interface SubjectReading {
  presented: PresentedToken;
  requestedTokenType: TokenType;
  caller: Caller;
  context: Omit<PolicyContext, 'subjectToken'>;
}

/** Reads subject tokens that are no JWTs: opaque ones, AM sessions. Without a reader they are refused. */
export interface SubjectReader extends TokenReader {
  /** The types that a token it reads may be declared as. */
  readonly tokenTypes: readonly TokenType[];
  /** Whether this is for it. It is asked about nothing that has the form of a JWT. */
  reads(reading: SubjectReading): boolean;
  /** @throws UpstreamError when whoever knows the token cannot be asked. */
  read(reading: SubjectReading): Promise<VerifyResult>;
}

/** A reader of subject tokens, and what it brings along. */
export interface ComposedSubjectReader extends ComposedPart {
  reader: SubjectReader;
}

/** Three to five parts of base64url: such a token is judged by its signature alone, and no other server is asked. */
const JWT_FORM = /^[\w=-]+(\.[\w=-]*){2,4}$/;

/** The reader for a subject token; `undefined`: it is verified as a JWT. */
export function findSubjectReader(
  readers: readonly SubjectReader[],
  reading: SubjectReading,
): SubjectReader | undefined {
  if (readers.length === 0 || JWT_FORM.test(reading.presented.token)) return undefined;
  const { declaredType } = reading.presented;
  return readers.find((reader) => reader.tokenTypes.includes(declaredType) && reader.reads(reading));
}
