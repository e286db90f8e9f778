/** The policy of `describePolicyBackendContract`, as a policy file has it. */
export const contractPolicy = {
  resources: [
    {
      patterns: ['https://images.example.com/'],
      audience: 'https://images.example.com',
      scopes: ['read', 'write'],
      expirationSeconds: 120,
      allowedActors: ['bob'],
      additionalClaims: { department: 'photos' },
    },
    { patterns: ['https://reports.example.com/'], audience: 'https://reports.example.com', scopes: ['read'] },
    { patterns: ['https://closed.example.com/'], deny: true },
  ],
};
