import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment, RealPart, RealPartWay } from './start-real-part.js';
import { OPENAM_TEST_POLICIES, OPENAM_TEST_POLICY_SET, OPENAM_TEST_SCRIPTS } from '../openam/openam-policies.js';

const ADDRESS = 'http://openam.example.com:8081/openam';
/** Ten minutes. */
const CI_TRIES = 300;

/** One brought up by `../shared/tools/openam/up.sh`: nothing is started here. In CI it may still be on its way. */
const runningAm: RealPartWay = {
  name: `one that runs at ${ADDRESS}`,
  async start(env) {
    for (let tries = env['CI'] === 'true' ? CI_TRIES : 1; tries > 0; tries--) {
      if (await isReady(ADDRESS)) return { address: ADDRESS, stop: () => Promise.resolve() };
      if (tries > 1) await sleep(2_000);
    }
    return undefined;
  },
};

/** A real AM with the accounts and clients of `../shared/tools/openam/seed`; the address ends with `/openam`. */
export const openamServer: RealPart = {
  name: 'OpenAM',
  addressVariable: 'OPENAM_URL',
  ways: [runningAm],
  advice: 'Run ../shared/tools/openam/up.sh, or set OPENAM_URL to an AM with its seed.',
};

/** The session of an account of the seed, `carol` in her realm. @throws Error when AM refuses. */
export async function openamSession(url: string, uid: string, password = passwordOf(uid)): Promise<string> {
  const realm = uid === 'carol' ? '/realms/short' : '';
  const response = await fetch(`${url}/json/realms/root${realm}/authenticate`, {
    method: 'POST',
    body: '{}',
    headers: {
      'content-type': 'application/json',
      'accept-api-version': 'resource=2.0, protocol=1.0',
      'x-openam-username': uid,
      'x-openam-password': password,
    },
  });
  const { tokenId } = (await response.json()) as { tokenId?: string };
  if (tokenId === undefined) throw new Error(`AM refuses the login of ${uid}`);
  return tokenId;
}

/** Puts {@link OPENAM_TEST_POLICIES} and their scripts into a real AM, as its administrator, where they are not there yet. */
export async function putOpenamTestPolicies(url: string, env: Environment): Promise<void> {
  const session = await openamSession(url, 'amadmin', env['AMADMIN_PASSWORD'] ?? 'Amadmin-pass-1');
  const resources = `${url}/json/realms/root`;
  const call = async (method: string, path: string, body?: object): Promise<Response> =>
    fetch(`${resources}/${path}`, {
      method,
      headers: {
        iPlanetDirectoryPro: session,
        'content-type': 'application/json',
        'accept-api-version': /^(resourcetypes|scripts)/.test(path) ? 'resource=1.0' : 'resource=2.0',
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  const put = async (collection: string, body: object): Promise<void> => {
    const { ok, status } = await call('POST', `${collection}?_action=create`, body);
    if (!ok && status !== 409) throw new Error(`AM does not take one of ${collection}: ${status}`);
  };
  const find = async (collection: string, nameOfEntry: string): Promise<ListEntry | undefined> => {
    const { result } = (await (await call('GET', `${collection}?_queryFilter=true`)).json()) as { result: ListEntry[] };
    return result.find(({ name }) => name === nameOfEntry);
  };
  const resourceTypeUuid = (await find('resourcetypes', 'OAuth2 Scope'))?.uuid;
  if (resourceTypeUuid === undefined) throw new Error('AM is not seeded: no resource type OAuth2 Scope');
  const scriptIds = new Map<string, string | undefined>();
  for (const [script, { script: text }] of Object.entries(OPENAM_TEST_SCRIPTS)) {
    const name = `${OPENAM_TEST_POLICY_SET}_${script}`;
    if ((await find('scripts', name)) === undefined) await put('scripts', conditionScript(name, text));
    scriptIds.set(script, (await find('scripts', name))?._id);
  }
  await put('applications', policySet(resourceTypeUuid));
  for (const policy of OPENAM_TEST_POLICIES) {
    const name = `${OPENAM_TEST_POLICY_SET}_${policy.name}`;
    const members = { applicationName: OPENAM_TEST_POLICY_SET, resourceTypeUuid, active: true, description: '' };
    const { condition } = policy;
    const placedCondition =
      condition?.type === 'Script' ? { ...condition, scriptId: scriptIds.get(condition.scriptId) } : condition;
    await put('policies', { ...policy, ...members, name, condition: placedCondition });
  }
}

/** What AM lists; a resource type and a script have different identifiers. */
interface ListEntry {
  name: string;
  uuid?: string;
  _id?: string;
}

function conditionScript(name: string, text: string): object {
  const script = Buffer.from(text).toString('base64');
  return { name, script, language: 'JAVASCRIPT', context: 'POLICY_CONDITION', description: 'tests of Mandate' };
}

function policySet(resourceTypeUuid: string): object {
  return {
    name: OPENAM_TEST_POLICY_SET,
    displayName: OPENAM_TEST_POLICY_SET,
    description: 'tests of Mandate',
    applicationType: 'iPlanetAMWebAgentService',
    entitlementCombiner: 'DenyOverride',
    resourceTypeUuids: [resourceTypeUuid],
    conditions: ['AuthLevel', 'Script'],
    subjects: ['AND', 'OR', 'NOT', 'AuthenticatedUsers', 'JwtClaim', 'NONE'],
  };
}

function passwordOf(uid: string): string {
  return `${uid.charAt(0).toUpperCase()}${uid.slice(1).toLowerCase()}-pass-1`;
}

async function isReady(url: string): Promise<boolean> {
  try {
    await openamSession(url, 'carol');
    const session = await openamSession(url, 'policy');
    const evaluates = async (realm: string): Promise<boolean> => (await evaluate(url, realm, session)).status === 200;
    if (!(await evaluates('root/realms/short'))) return false;
    // One that has just started answers a burst with errors until its caches are filled.
    const burst = await Promise.all(Array.from({ length: 100 }, () => evaluates('root')));
    return burst.every(Boolean);
  } catch {
    return false;
  }
}

async function evaluate(url: string, realm: string, session: string): Promise<Response> {
  const response = await fetch(`${url}/json/realms/${realm}/policies?_action=evaluate`, {
    method: 'POST',
    body: '{"subject":{"claims":{"sub":"x"}},"application":"resource_policies","resources":["x"]}',
    headers: { 'content-type': 'application/json', iPlanetDirectoryPro: session },
  });
  await response.arrayBuffer();
  return response;
}
