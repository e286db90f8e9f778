import { fileProblem } from '../issuers/file-problem.js';

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * The JSON of a configured JWK, in base64 or as it is: a `{` cannot begin base64.
 * @throws FileError for what is neither.
 */
export function jwkText(configured: string): string {
  const text = configured.trim();
  if (text.startsWith('{')) return text;
  const compact = text.replace(/\s/g, '');
  if (!BASE64.test(compact)) throw fileProblem('', 'is neither a JWK nor base64 of one');
  return Buffer.from(compact, 'base64').toString('utf8');
}
