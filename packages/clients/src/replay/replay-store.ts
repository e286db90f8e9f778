/** Port: what may be used once, the same for every replica (docs/security.md C1). */
export interface ReplayStore {
  /**
   * Marks a key as used until `expiresAt`, epoch seconds: `true` for whoever is first, `false` for everybody after,
   * however many ask at once. @throws UpstreamError when it is not certain that nobody else is told `true`.
   */
  markUsed(key: string, expiresAt: number): Promise<boolean>;
  /** Whether a key is marked, marking nothing: for who explains. @throws UpstreamError when it cannot be told. */
  isUsed(key: string): Promise<boolean>;
}
