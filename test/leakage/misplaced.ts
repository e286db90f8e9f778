import { ACCESS_TOKEN, basic } from '../end-to-end/post-form.js';

/** One request that carries a value where it does not belong. */
export interface MisplacedRequest {
  label: string;
  /** Goes behind the address of the endpoint. */
  suffix: string;
  init: RequestInit;
}

const FORM = 'application/x-www-form-urlencoded';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Parameters whose value is nothing that anybody writes down, whoever sends what in them. */
const SILENT_PARAMETERS = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'token',
  'token_type_hint',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'username',
  'password',
  'code',
  'narrow',
  'sub',
  'iss',
  '__proto__',
  'unknown',
];
/** Parameters that an audit event names; what looks like a token is taken out of them. */
const AUDITED_PARAMETERS = ['scope', 'resource', 'audience'];
const HEADERS = [
  'cookie',
  'user-agent',
  'referer',
  'accept',
  'accept-language',
  'origin',
  'x-forgerock-transactionid',
  'traceparent',
  'tracestate',
  'x-forwarded-for',
  'x-api-key',
  'content-encoding',
  'forwarded',
  'if-none-match',
];

interface Misplacing {
  /** Good credentials, beside which the value stands. */
  authorization: string;
  grantType: string;
  /** Also where audit events look. */
  isAudited: boolean;
}

/** The value in every place of a request, by itself and beside good credentials. */
export function misplaced(value: string, { authorization, grantType, isAudited }: Misplacing): MisplacedRequest[] {
  const encodedValue = encodeURIComponent(value);
  const names = [...SILENT_PARAMETERS, ...(isAudited ? AUDITED_PARAMETERS : [])];
  const query = names.map((name) => `${encodeURIComponent(name)}=${encodedValue}`).join('&');
  return [
    { label: 'in the query', suffix: `?${query}`, init: { method: 'POST', headers: { authorization } } },
    { label: 'in the query of a GET', suffix: `?access_token=${encodedValue}`, init: {} },
    { label: 'in the path', suffix: `/${encodedValue}`, init: { method: 'POST', headers: { authorization } } },
    { label: 'as JSON', suffix: '', init: post({ 'content-type': 'application/json' }, JSON.stringify({ value })) },
    { label: 'as text', suffix: '', init: post({ 'content-type': `text/${value.slice(0, 40)}` }, value) },
    { label: 'as a parameter name', suffix: '', init: post({ authorization }, new URLSearchParams({ [value]: 'x' })) },
    {
      label: 'in broken escapes',
      suffix: '',
      init: post({ authorization, 'content-type': FORM }, `token=%zz${value}`),
    },
    ...authorizations(value).map(([label, header]) => ({
      label,
      suffix: '',
      init: post({ authorization: header }, ''),
    })),
    ...HEADERS.map((name) => ({
      label: `in ${name}`,
      suffix: '',
      init: post({ authorization, [name]: value }, new URLSearchParams({ token: 'x' })),
    })),
    ...names.flatMap((name) => inParameter(name, value, { authorization, grantType })),
  ];
}

function post(headers: Record<string, string>, body: string | URLSearchParams): RequestInit {
  return { method: 'POST', headers, body };
}

function authorizations(value: string): [label: string, authorization: string][] {
  return [
    ['as Bearer', `Bearer ${value}`],
    ['as Basic, bare', `Basic ${value}`],
    ['as Basic id', basic(value, 'x')],
    ['as Basic secret', basic('alice', value)],
    ['as Basic id and secret', basic(value, value)],
    ['as another scheme', `DPoP ${value}`],
    ['as a scheme', value],
  ];
}

function inParameter(
  name: string,
  value: string,
  { authorization, grantType }: Omit<Misplacing, 'isAudited'>,
): MisplacedRequest[] {
  const goodForm = {
    grant_type: grantType,
    token: 'x',
    subject_token: 'x',
    subject_token_type: ACCESS_TOKEN,
    ...(name.startsWith('actor') && { actor_token: 'x', actor_token_type: ACCESS_TOKEN }),
    ...(name === 'client_assertion' && { client_id: 'bob', client_assertion_type: JWT_BEARER }),
    ...(name === 'client_secret' && { client_id: 'bob' }),
  };
  const form = new URLSearchParams({ ...goodForm, [name]: value });
  return [
    { label: `as ${name}`, suffix: '', init: post({ authorization }, form) },
    { label: `as ${name}, with no credentials`, suffix: '', init: post({}, form) },
  ];
}
