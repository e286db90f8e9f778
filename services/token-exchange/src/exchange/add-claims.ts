import { type JsonObject, UpstreamError } from '@mandate/ports';
import type { Authority, ClaimsProvider, PolicyContext, PolicyRequest } from '@mandate/policy';
import type { DecisionRecord } from '../record/decision-record.js';
import { takeClaims, uniteClaims } from '../rules/claims.js';
import type { Question } from './question.js';

export interface ClaimsInquiry {
  question: Question;
  /** The question as the policies were asked it. */
  request: PolicyRequest;
  context: PolicyContext;
  authority: Authority;
}

/**
 * The additional claims of a token, those that rules take from somebody and those of the provider included. Asked last:
 * nobody is told of what is refused anyway. @throws UpstreamError where a rule requires claims that cannot be had.
 */
export async function addClaims(
  inquiry: ClaimsInquiry,
  { pass }: DecisionRecord,
  provider: ClaimsProvider | undefined,
): Promise<JsonObject> {
  const { question, authority } = inquiry;
  const { additionalClaims, claimsFrom, claimsProvider } = authority;
  if (claimsFrom.length === 0 && claimsProvider === undefined) return additionalClaims;
  const provided = claimsProvider === undefined ? {} : await askProvider(inquiry, provider);
  return pass('claims', uniteClaims([additionalClaims, ...takeClaims(question, authority), provided]));
}

async function askProvider(
  { request, context, authority }: ClaimsInquiry,
  provider: ClaimsProvider | undefined,
): Promise<JsonObject> {
  try {
    if (provider === undefined)
      throw new UpstreamError('claims provider', 'unreachable', 'CLAIMS_PROVIDER_URL is not set');
    return await provider.claimsFor(request, context);
  } catch (error) {
    if (error instanceof UpstreamError && authority.claimsProvider === 'optional') return {};
    throw error;
  }
}
