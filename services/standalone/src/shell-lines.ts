import { TOKEN_EXCHANGE_GRANT, TOKEN_TYPE } from '@mandate/oauth';
import { ACCOUNT, APP, IMAGES, PRINTER } from './demonstration.js';

/** The demonstration as lines for a shell with curl and Node. They work as they stand, top to bottom. */
export function shellLines(url: string, { asksPeople }: { asksPeople: boolean }): string[] {
  const post = (client: string, path: string, fields: string): string =>
    `curl -sw '\\n' -u ${client}:${client}-development ${url}${path} ${fields}`;
  const userToken = (fields: string): string => `$(curl -s ${url}/development/token ${fields} | token)`;
  const actForAlice = exchangeFields({ subject: '$ALICE', actor: '$ACTOR', resource: IMAGES });
  const actForIssued = exchangeFields({ subject: '$ISSUED', actor: '$SERVICE', resource: PRINTER });
  const askAlice = exchangeFields({ subject: 'alice', type: TOKEN_TYPE.loginHint, actor: '$ACTOR', resource: ACCOUNT });
  return [
    `GRANT=${TOKEN_EXCHANGE_GRANT}`,
    `TYPE=${TOKEN_TYPE.accessToken}`,
    `token() { node -pe 'JSON.parse(fs.readFileSync(0)).access_token'; }`,
    `ALICE=${userToken('-d sub=alice -d may_act=bob')}`,
    `ACTOR=${userToken('-d sub=bob')}`,
    `ISSUED=$(${post('photo-app', '/service/tokensts', actForAlice)} | token)`,
    post('photo-app', '/service/introspect', '-d token="$ISSUED"'),
    `SERVICE=$(${post('images', '/service/access_token', '-d grant_type=client_credentials')} | token)`,
    `PRINTER=$(${post('images', '/service/tokensts', actForIssued)} | token)`,
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
    ...(asksPeople
      ? [
          `ACTOR=${userToken('-d sub=carol -d client_id=help-desk')}`,
          `ASKED=$(${post('help-desk', '/service/tokensts', askAlice)} | node -pe 'JSON.parse(fs.readFileSync(0)).auth_req_id')`,
          `curl -sw '\\n' ${url}/development/bc-decision -d sub=alice -d approve=true`,
          post('help-desk', '/service/tokensts', `${askAlice} -d auth_req_id="$ASKED"`),
        ]
      : []),
  ];
}

interface ExchangeParties {
  subject: string;
  type?: string;
  actor: string;
  resource: string;
}

function exchangeFields({ subject, type = '$TYPE', actor, resource }: ExchangeParties): string {
  return [
    '-d grant_type=$GRANT',
    `-d subject_token="${subject}" -d subject_token_type=${type}`,
    `-d actor_token="${actor}" -d actor_token_type=$TYPE`,
    `-d 'resource=${resource}' -d scope=read`,
  ].join(' ');
}
