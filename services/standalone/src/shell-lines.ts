import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPE } from '@mandate/oauth';
import { APP, IMAGES, PRINTER } from './demonstration.js';

/** The demonstration as lines for a shell with curl and Node. They work as they stand, top to bottom. */
export function shellLines(url: string): string[] {
  const post = (client: string, path: string, fields: string): string =>
    `curl -sw '\\n' -u ${client}:${client}-development ${url}${path} ${fields}`;
  const userToken = (fields: string): string => `$(curl -s ${url}/development/token ${fields} | token)`;
  const actForAlice = exchangeFields('$ALICE', '$ACTOR', IMAGES);
  return [
    `GRANT=${TOKEN_EXCHANGE_GRANT}`,
    `TYPE=${TOKEN_TYPE.accessToken}`,
    `token() { node -pe 'JSON.parse(fs.readFileSync(0)).access_token'; }`,
    `ALICE=${userToken('-d sub=alice -d may_act=bob')}`,
    `ACTOR=${userToken('-d sub=bob')}`,
    `ISSUED=$(${post('photo-app', '/service/tokensts', actForAlice)} | token)`,
    post('photo-app', '/service/introspect', '-d token="$ISSUED"'),
    `SERVICE=$(${post('images', '/service/access_token', '-d grant_type=client_credentials')} | token)`,
    `PRINTER=$(${post('images', '/service/tokensts', exchangeFields('$ISSUED', '$SERVICE', PRINTER))} | token)`,
    post('images', '/service/introspect', '-d token="$PRINTER"'),
    post('photo-app', '/service/revoke', '-d token="$ISSUED"'),
    post('images', '/service/introspect', '-d token="$PRINTER"'),
    `ACTOR=${userToken('-d sub=mallory')}`,
    post('photo-app', '/service/tokensts', actForAlice),
    post('photo-app', '/service/explain', actForAlice),
    post(
      'tester',
      '/service/access_token',
      `-d grant_type=client_credentials -d scope=act_as:test1 -d resource=${APP}`,
    ),
  ];
}

function exchangeFields(subject: string, actor: string, resource: string): string {
  return [
    '-d grant_type=$GRANT',
    `-d subject_token="${subject}" -d subject_token_type=$TYPE`,
    `-d actor_token="${actor}" -d actor_token_type=$TYPE`,
    `-d 'resource=${resource}' -d scope=read`,
  ].join(' ');
}
