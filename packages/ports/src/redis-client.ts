/** A script that Redis runs as one command. */
export interface RedisScript {
  /** Lua. Sent whole each time, so that one question is one round trip also at a server that never saw it. */
  source: string;
  /** All of one hash slot: the same `{tag}` in each. */
  keys: readonly string[];
  args?: readonly string[];
  /** Resolve only when as many replicas have it as the operator asks for. For writes that a failover must not lose. */
  durable?: boolean;
}

/** What adapters that keep state in Redis need of it; made where services are composed. */
export interface RedisClient {
  /** @throws UpstreamError when it is down, slow, or refuses, for instance for a key of another type. */
  run(script: RedisScript): Promise<unknown>;
  /** @throws UpstreamError when it cannot be reached or its clock is not ours. */
  check(): Promise<void>;
  close(): void;
}
