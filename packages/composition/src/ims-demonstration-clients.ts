/** The clients that the 2018 services came with, each with its name as secret. Never to be met in production. */
export const IMS_DEMONSTRATION_CLIENTS = [
  {
    clientId: 'client1',
    clientSecret: 'client1',
    scopes: ['default', 'example'],
    attributes: { attrVal1: 'value1', customClaim: 'value2' },
  },
  { clientId: 'client2', clientSecret: 'client2', scopes: ['example'] },
  { clientId: 'client3', clientSecret: 'client3', scopes: ['exchange', 'introspect'] },
];
