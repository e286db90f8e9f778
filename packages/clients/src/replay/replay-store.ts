/** Port: what may be used once, the same for every replica (docs/security.md C1). */
export interface ReplayStore {
  /**
   * Marks a key as used until `expiresAt`, epoch seconds: `true` for whoever is first, `false` for everybody after,
   * however many ask at once. @throws UpstreamError when it is not certain that nobody else is told `true`.
   */
  markUsed(key: string, expiresAt: number): Promise<boolean>;
}
