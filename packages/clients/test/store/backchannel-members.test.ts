import { describe, expect, it } from '@jest/globals';
import { CIBA_GRANT } from '@mandate/oauth';
import { createTestKey } from '@mandate/testing';
import { parseClients } from '../../src/index.js';

const jwks = { keys: [createTestKey('ES256').publicJwk] };

/** A record of a client that asks people. */
const clientWith = (members: object): unknown => ({
  clientId: 'a',
  clientSecret: 's',
  grantTypes: [CIBA_GRANT],
  ...members,
});

describe('how a client asks people', () => {
  it('is read with the rest of its record', () => {
    const record = {
      clientId: 'a',
      jwks,
      grantTypes: [CIBA_GRANT, 'refresh_token'],
      backchannelTokenDeliveryMode: 'ping',
      backchannelClientNotificationEndpoint: 'https://client.example.com/ping',
      backchannelAuthenticationRequestSigningAlg: 'ES256',
    };
    const { clientId, ...members } = record;
    expect(parseClients(JSON.stringify([record])).get(clientId)).toMatchObject(members);
  });

  it.each<[string, unknown, string]>([
    ['push', clientWith({ backchannelTokenDeliveryMode: 'push' }), 'push is not supported (FAPI-CIBA section 5.2.2)'],
    ['ping to nowhere', clientWith({ backchannelTokenDeliveryMode: 'ping' }), 'NotificationEndpoint: is required'],
    [
      'a ping endpoint that is no address',
      clientWith({ backchannelTokenDeliveryMode: 'ping', backchannelClientNotificationEndpoint: 'javascript:1' }),
      'backchannelClientNotificationEndpoint: ',
    ],
    [
      'a ping endpoint without ping',
      clientWith({ backchannelClientNotificationEndpoint: 'https://client.example.com/ping' }),
      'backchannelClientNotificationEndpoint: is given without ping',
    ],
    [
      'signed requests without keys',
      clientWith({ backchannelAuthenticationRequestSigningAlg: 'ES256' }),
      'backchannelAuthenticationRequestSigningAlg: is given without keys',
    ],
    [
      'signed requests with a shared secret',
      clientWith({ jwks, backchannelAuthenticationRequestSigningAlg: 'HS256' }),
      'backchannelAuthenticationRequestSigningAlg: ',
    ],
    [
      'a delivery mode without the grant',
      clientWith({ grantTypes: ['client_credentials'], backchannelTokenDeliveryMode: 'poll' }),
      'backchannelTokenDeliveryMode: is given without urn:openid:params:grant-type:ciba',
    ],
  ])('is refused with %s', (_name, record, problem) => {
    expect(() => parseClients(JSON.stringify([record]))).toThrow(problem);
  });
});
