/** The sample policy that the 2018 services came with: two scopes at one resource server, by the client `client3`. */
export const IMS_SAMPLE_POLICY = {
  resources: [
    {
      id: 'ims-sample',
      patterns: [
        'http://resource1.example.com/*',
        'http://resource1.example.com:80/*',
        'https://resource1.example.com/*',
        'https://resource1.example.com:443/*',
      ],
      audience: 'resource1',
      scopes: ['resource_read', 'resource_write'],
      expirationSeconds: 3210,
      allowedActors: ['client3'],
      additionalClaims: {
        exampleString: 'value',
        exampleNumber: 1,
        exampleBoolean: true,
        exampleObject: { key: 'value' },
        exampleArray: ['item'],
      },
    },
  ],
};
