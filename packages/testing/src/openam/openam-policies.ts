/** A policy of AM, in the JSON of its REST interface, as far as tests need it. */
export interface OpenamPolicyRecord {
  name: string;
  resources: readonly string[];
  actionValues: Readonly<Record<string, boolean>>;
  subject: OpenamSubject;
  resourceAttributes: readonly {
    type: 'Static' | 'User';
    propertyName: string;
    propertyValues: readonly string[];
  }[];
  /** Needs a session of at least this level, and others get advice; or what a script finds in the environment. */
  condition?: { type: 'AuthLevel'; authLevel: number } | { type: 'Script'; scriptId: typeof ORIGIN_SCRIPT };
}

export type OpenamSubject =
  | { type: 'JwtClaim'; claimName: string; claimValue: string }
  | { type: 'AuthenticatedUsers' }
  | { type: 'NOT'; subject: OpenamSubject }
  | { type: 'OR'; subjects: readonly OpenamSubject[] };

const USERS = 'https://users.example.com';
const fromUsers: OpenamSubject = { type: 'JwtClaim', claimName: 'iss', claimValue: USERS };
/** The subject of the policy contract is known by its country, and whoever comes from the issuer as well. */
const anybody: OpenamSubject = {
  type: 'OR',
  subjects: [fromUsers, { type: 'JwtClaim', claimName: 'country', claimValue: 'NO' }, { type: 'AuthenticatedUsers' }],
};

/**
 * The policy set they stand in. At a real AM they are made once and never changed, since other tests evaluate them
 * meanwhile: raise the number with every change.
 */
export const OPENAM_TEST_POLICY_SET = 'mandate_test_2';

const ORIGIN_SCRIPT = 'origin';

/** Scripts of conditions by name: for a real AM, and what the stand-in makes of an environment instead. */
export const OPENAM_TEST_SCRIPTS = {
  [ORIGIN_SCRIPT]: {
    script: 'authorized = environment.get("origin") !== null && environment.get("origin").contains("act_as");',
    authorizes: (environment: Readonly<Record<string, readonly string[]>>): boolean =>
      environment['origin']?.includes('act_as') === true,
  },
} as const;

const ACTING = { aud: ['acting'], scp: ['read'], uid: ['test1'], may_act: ['tester'] };

/** The policy of `describePolicyBackendContract`, and one policy for each trap of docs/openam.md. */
export const OPENAM_TEST_POLICIES: readonly OpenamPolicyRecord[] = [
  permit('contract_images', ['https://images.example.com/'], {
    aud: ['https://images.example.com'],
    scp: ['read', 'write'],
    uid: ['alice'],
    may_act: ['bob'],
    expires: ['120'],
    department: ['photos'],
  }),
  permit('contract_reports', ['https://reports.example.com/', 'https://reports.example.com'], {
    aud: ['https://reports.example.com'],
    scp: ['read'],
    uid: ['alice'],
  }),
  { ...permit('contract_closed', ['https://closed.example.com/'], {}), actionValues: { GRANT: false } },
  permit('narrow', ['http://narrow.example.com:*/*'], grant('narrow')),
  {
    ...permit('narrow_secret', ['http://narrow.example.com:*/secret/*'], { aud: ['secret'] }),
    actionValues: { GRANT: false },
  },
  permit('united_one', ['united'], { ...grant('united'), dept: ['b', 'a'] }),
  permit('united_two', ['united'], { ...grant('united'), scp: ['write', 'read'], dept: ['a', 'c'] }),
  permit('two_subjects', ['two-subjects'], { ...grant('two'), uid: ['alice', 'bob'] }),
  permit('bare', ['bare'], {}),
  permit('claims_permit', ['claims'], grant('claims')),
  {
    ...permit('claims_deny', ['claims'], {}),
    actionValues: { GRANT: false },
    subject: { type: 'JwtClaim', claimName: 'level', claimValue: '3' },
  },
  {
    ...permit('not_level', ['not-level'], grant('not-level')),
    subject: { type: 'NOT', subject: { type: 'JwtClaim', claimName: 'level', claimValue: '3' } },
  },
  {
    ...permit('sessions', ['sessions'], {}),
    subject: { type: 'AuthenticatedUsers' },
    resourceAttributes: [...attributes({ aud: ['sessions'], scp: ['read'] }), userAttribute('uid')],
  },
  {
    ...permit('step_up', ['step-up'], grant('step-up')),
    subject: { type: 'AuthenticatedUsers' },
    condition: { type: 'AuthLevel', authLevel: 5 },
  },
  {
    ...permit('acting', ['acting'], { ...ACTING, grant: ['{"actAs": true, "actAsForm": "act_as"}'] }),
    condition: { type: 'Script', scriptId: ORIGIN_SCRIPT },
  },
  permit('acting_unsaid', ['acting-unsaid'], ACTING),
  {
    ...permit('user_attributes', ['user-attributes'], {}),
    resourceAttributes: [...attributes({ aud: ['user-attributes'], scp: ['read'] }), userAttribute('uid')],
  },
];

function grant(audience: string): Record<string, string[]> {
  return { aud: [audience], scp: ['read'], uid: ['alice'] };
}

function permit(
  name: string,
  resources: readonly string[],
  values: Readonly<Record<string, string[]>>,
): OpenamPolicyRecord {
  return {
    name,
    resources,
    actionValues: { GRANT: true },
    subject: anybody,
    resourceAttributes: attributes(values),
  };
}

function attributes(values: Readonly<Record<string, string[]>>): OpenamPolicyRecord['resourceAttributes'] {
  return Object.entries(values).map(([propertyName, propertyValues]) => ({
    type: 'Static',
    propertyName,
    propertyValues,
  }));
}

function userAttribute(propertyName: string): OpenamPolicyRecord['resourceAttributes'][number] {
  return { type: 'User', propertyName, propertyValues: [] };
}
