/** The stores that are asked over the network. */
export const REMOTE_STORES = ['ldap', 'mongodb', 'cassandra', 'redis'] as const;

export type RemoteStoreName = (typeof REMOTE_STORES)[number];
