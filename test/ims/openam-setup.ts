import { openamSession } from '@mandate/testing';

/** The accounts that the published requests log in with; their password is `password`. In `story` are those of the seed. */
const USERS = { root: ['user.0', 'user.1', 'user.2'], test: ['user.1', 'user.105'], story: [] };

/** The OAuth2 clients of the published requests; each has its id as secret. */
const CLIENTS = {
  root: { myuserclient1: ['openid', 'profile'] },
  test: { myoauthclient: ['profile'], myoidcclient1: ['cn', 'mail', 'profile'] },
  story: { storyclient: ['openid', 'profile'] },
};

/** Who may act for Alice; nobody is named for anybody else, as the published script has it. */
const MAY_ACT_SCRIPT = `import org.forgerock.oauth2.core.UserInfoClaims
def mayAct = identity.getName() == "alice" ? [sub: "bob"] : [:]
return new UserInfoClaims([may_act: mayAct], [openid: ["may_act"]])
`;

/** The policies of delegation, under the names that the published environments and documents have for attributes. */
const POLICIES: Record<string, Policy> = {
  ims_images: {
    resource: 'http://images.example.com:*/*',
    attributes: { aud: ['example.com'], scp: ['read', 'write'], uid: ['user.0'], may_actors: ['user.2'] },
  },
  ims_album: {
    resource: 'http://album.example.com:*/*',
    attributes: { aud: ['album'], scp: ['read'], uid: ['alice'], allowedActors: ['bob'] },
  },
  ims_lifetime: {
    resource: 'http://lifetime.example.com:*/*',
    attributes: { aud: ['resource1'], scp: ['resource_read'], uid: ['alice'], expiresIn: ['1200'] },
  },
  ims_story: {
    resource: 'http://story.example.com:*/*',
    issuer: '/realms/root/realms/story',
    attributes: { aud: ['example.com'], scp: ['read', 'write'], uid: ['alice'] },
  },
};

/** Asked about tokens of AM's root realm unless it names another. */
interface Policy {
  resource: string;
  issuer?: string;
  attributes: Record<string, string[]>;
}

type Realm = keyof typeof USERS;
type Json = Record<string, unknown>;

/** AM's REST interface, as its administrator. */
interface Admin {
  url: string;
  call: (request: string, body?: Json, headers?: Record<string, string>) => Promise<Response>;
}

const CONFIG = { 'accept-api-version': 'protocol=1.0,resource=1.0' };
const MEMBER = 'com.forgerock.openam.oauth2provider.';

/** Logs in. @throws Error when AM refuses. */
async function adminOf(url: string, password: string): Promise<Admin> {
  const session = await openamSession(url, 'amadmin', password);
  return {
    url,
    call(request, body, headers = {}) {
      const [method = '', path = ''] = request.split(' ');
      return fetch(`${url}/json${path}`, {
        method,
        headers: { iPlanetDirectoryPro: session, 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    },
  };
}

/**
 * Puts what the configuration published with the originals had in AM into a real one, as its administrator: the realm
 * `test`, people, clients and policies. What is there already stays as it is.
 */
export async function setUpPublishedAm(url: string, password: string): Promise<void> {
  const admin = await adminOf(url, password);
  for (const name of ['test', 'story'] as const) {
    const realm = { name, parentPath: '/', active: true, aliases: [] };
    await expectMade('the realm', admin.call('POST /global-config/realms?_action=create', realm));
    await putProvider(admin, name);
  }
  for (const name of Object.keys(USERS) as Realm[]) {
    for (const username of USERS[name]) await putUser(admin, name, username);
    for (const [id, scopes] of Object.entries(CLIENTS[name])) await putClient(admin, { realm: name, id, scopes });
  }
  await putPolicies(admin);
}

/**
 * Whether `myoauthclient` may ask for ID tokens. AM holds a client that may to one method of authentication at its token
 * endpoint; the requests published first use another one, from the time before it might.
 */
export async function allowIdTokens(url: string, password: string, allowed: boolean): Promise<void> {
  const admin = await adminOf(url, password);
  const path = `${pathOf('test')}/realm-config/agents/OAuth2Client/myoauthclient`;
  const client = (await (await admin.call(`GET ${path}`, undefined, CONFIG)).json()) as Json;
  const scopes = listed(allowed ? ['openid', 'profile'] : ['profile']);
  const body = { ...client, userpassword: 'myoauthclient', [`${MEMBER}scopes`]: scopes };
  const response = await admin.call(`PUT ${path}`, body, CONFIG);
  if (!response.ok) throw new Error(`AM does not change myoauthclient: ${response.status}`);
}

function pathOf(realm: Realm): string {
  return realm === 'root' ? '/realms/root' : `/realms/root/realms/${realm}`;
}

function listed(values: readonly string[]): string[] {
  return values.map((value, index) => `[${index}]=${value}`);
}

/** 409 and 412: it is there. Some of AM's older endpoints say so with another status and that text. */
async function expectMade(subject: string, request: Promise<Response>): Promise<void> {
  const response = await request;
  if (response.ok || response.status === 409 || response.status === 412) return;
  const text = await response.text();
  if (!/already exist|in use/i.test(text)) throw new Error(`AM does not take ${subject}: ${response.status} ${text}`);
}

async function putProvider({ call }: Admin, realm: Realm): Promise<void> {
  const path = `${pathOf(realm)}/realm-config/services/oauth-oidc`;
  if ((await call(`GET ${path}`, undefined, CONFIG)).ok) return;
  const template = (await (await call(`POST ${path}?_action=template`, {}, CONFIG)).json()) as Record<string, Json>;
  const body = {
    ...template,
    advancedOAuth2Config: {
      ...template['advancedOAuth2Config'],
      tokenSigningAlgorithm: 'RS256',
      keypairName: 'rs256',
      supportedScopes: ['openid', 'profile', 'cn', 'mail'],
      clientsCanSkipConsent: true,
    },
    coreOAuth2Config: {
      ...template['coreOAuth2Config'],
      statelessTokensEnabled: false,
      issueRefreshToken: false,
      accessTokenLifetime: 3600,
    },
    ...(realm === 'story' && {
      advancedOIDCConfig: { ...template['advancedOIDCConfig'], alwaysAddClaimsToToken: true },
      coreOIDCConfig: { ...template['coreOIDCConfig'], oidcClaimsScript: await putMayActScript({ call }) },
    }),
  };
  await expectMade('the provider', call(`POST ${path}?_action=create`, body, CONFIG));
}

/** The identifier of the script. */
async function putMayActScript({ call }: Pick<Admin, 'call'>): Promise<string> {
  const script = Buffer.from(MAY_ACT_SCRIPT).toString('base64');
  const body = { name: 'may_act', description: '', language: 'GROOVY', context: 'OIDC_CLAIMS', script };
  const creation = await call(`POST ${pathOf('story')}/scripts?_action=create`, body);
  if (!creation.ok) throw new Error(`AM does not take the script: ${creation.status}`);
  return ((await creation.json()) as { _id: string })._id;
}

async function putUser({ call }: Admin, realm: Realm, username: string): Promise<void> {
  const body = {
    username,
    userpassword: 'password',
    mail: `${username}@example.com`,
    cn: `${username} Example`,
    sn: 'Example',
    givenName: username,
  };
  await expectMade(username, call(`POST ${pathOf(realm)}/users?_action=create`, body));
}

async function putClient(
  { url, call }: Admin,
  { realm, id, scopes }: { realm: Realm; id: string; scopes: readonly string[] },
): Promise<void> {
  const path = `${pathOf(realm)}/realm-config/agents/OAuth2Client`;
  const template = (await (await call(`POST ${path}?_action=template`, {}, CONFIG)).json()) as Json;
  const body = {
    ...template,
    userpassword: id,
    isConsentImplied: true,
    [`${MEMBER}scopes`]: listed(scopes),
    [`${MEMBER}defaultScopes`]: [],
    [`${MEMBER}redirectionURIs`]: listed(['http://www.example.com']),
    [`${MEMBER}clientName`]: listed([id]),
    [`${MEMBER}idTokenSignedResponseAlg`]: 'RS256',
    // idtokeninfo checks ID tokens with the keys found here.
    [`${MEMBER}jwksURI`]: `${url}/oauth2/${realm === 'root' ? '' : `realms/root/realms/${realm}/`}connect/jwk_uri`,
  };
  const response = await call(`PUT ${path}/${id}`, body, { ...CONFIG, 'if-none-match': '*' });
  if (response.ok || response.status === 412 || response.status === 409) return;
  // The first client of a realm: an older endpoint makes the service that holds them all.
  const old = { username: id, agenttype: ['OAuth2Client'], userpassword: [id] };
  await expectMade(id, call(`POST ${pathOf(realm)}/agents?_action=create`, old));
  await expectMade(id, call(`PUT ${path}/${id}`, body, CONFIG));
}

async function putPolicies({ url, call }: Admin): Promise<void> {
  const types = (await (await call('GET /realms/root/resourcetypes?_queryFilter=true')).json()) as {
    result: { name: string; uuid: string }[];
  };
  const resourceTypeUuid = types.result.find(({ name }) => name === 'URL')?.uuid;
  if (resourceTypeUuid === undefined) throw new Error('AM has no resource type URL');
  for (const [name, { resource, issuer = '', attributes }] of Object.entries(POLICIES)) {
    const policy = {
      name,
      description: '',
      active: true,
      applicationName: 'resource_policies',
      resourceTypeUuid,
      resources: [resource],
      actionValues: { GET: true },
      subject: { type: 'JwtClaim', claimName: 'iss', claimValue: `${url}/oauth2${issuer}` },
      resourceAttributes: Object.entries(attributes).map(([propertyName, propertyValues]) => {
        return { type: 'Static', propertyName, propertyValues };
      }),
    };
    const version = { 'accept-api-version': 'resource=2.0' };
    await expectMade(name, call('POST /realms/root/policies?_action=create', policy, version));
  }
}
