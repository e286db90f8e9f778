import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError, FileError, UpstreamError } from '@mandate/ports';
import { ERROR_STATUS, errorDescription, OAuthError } from '../src/index.js';
import { anyText } from '@mandate/testing';

describe('OAuthError', () => {
  it.each([
    ['invalid_request', 400],
    ['invalid_client', 401],
    ['invalid_grant', 400],
    ['unauthorized_client', 400],
    ['unsupported_grant_type', 400],
    ['unsupported_token_type', 400],
    ['invalid_scope', 400],
    ['invalid_target', 400],
    ['invalid_authorization_details', 400],
    ['invalid_binding_message', 400],
    ['expired_login_hint_token', 400],
    ['authorization_pending', 400],
    ['slow_down', 400],
    ['expired_token', 400],
    ['invalid_token', 401],
    ['insufficient_scope', 403],
    ['access_denied', 403],
    ['server_error', 500],
    ['temporarily_unavailable', 503],
  ] as const)('answers %s with %i', (code, status) => {
    expect(new OAuthError(code, 'text')).toMatchObject({ code, status, headers: {}, detail: undefined });
    expect(Object.keys(ERROR_STATUS)).toContain(code);
  });

  it('keeps the detail, the cause and the headers apart from the description', () => {
    const cause = new Error('cause');
    const headers = { 'WWW-Authenticate': 'Bearer' };
    const error = new OAuthError('invalid_request', 'for the wire', {
      detail: 'for the log',
      cause,
      headers,
      status: 413,
    });
    expect(error).toMatchObject({ message: 'for the wire', detail: 'for the log', cause, headers, status: 413 });
    expect(error).toBeInstanceOf(Error);
  });
});

describe('errorDescription (RFC 6749 section 5.2)', () => {
  it('GR-23 (docs/security.md H7) leaves only %x20-21, %x23-5B and %x5D-7E, at most 200', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 300 }), (text) => {
        expect(errorDescription(text)).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]{0,200}$/);
      }),
    );
    expect(errorDescription('fine as it is!')).toBe('fine as it is!');
    expect(errorDescription('a"b\\c\r\nd')).toBe('a?b?c??d');
  });
});

describe('UpstreamError', () => {
  it('names the dependency and the failure, and keeps the detail out of the message', () => {
    expect(new UpstreamError('redis', 'timeout', 'after 250 ms')).toMatchObject({
      message: 'redis: timeout',
      dependency: 'redis',
      failure: 'timeout',
      detail: 'after 250 ms',
    });
    expect(new UpstreamError('opa', 'malformed').detail).toBeUndefined();
  });
});

describe('ConfigError', () => {
  it('says every offending variable in one line', () => {
    const issues = [
      { variable: 'PORT', message: 'expected a number' },
      { variable: 'TOKEN_ISSUER', message: 'is required' },
    ];
    const error = new ConfigError(issues);
    expect(error.message).toBe('PORT: expected a number; TOKEN_ISSUER: is required');
    expect(error.issues).toBe(issues);
  });
});

describe('FileError', () => {
  it('says every problem in one line', () => {
    const error = new FileError(['clients[0].clientId: is required', 'clients[1].scopes: expected an array']);
    expect(error.message).toBe('clients[0].clientId: is required; clients[1].scopes: expected an array');
    expect(error.problems).toHaveLength(2);
  });
});
