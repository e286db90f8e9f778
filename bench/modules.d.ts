/* eslint-disable no-restricted-syntax -- the two programs of bench/package.json have no types of their own; what is used of them */

declare module 'autocannon' {
  interface Client {
    on(event: 'response', listener: (status: number, bytes: number, milliseconds: number) => void): void;
  }
  interface Options {
    url: string;
    connections: number;
    amount: number;
    /** How often it samples, and looks whether it has ended, milliseconds. */
    sampleInt: number;
    method: 'POST';
    setupClient: (client: Client) => void;
    requests: {
      setupRequest: (request: object) => object;
      onResponse: (status: number, body: string) => void;
    }[];
  }
  interface Result {
    errors: number;
    timeouts: number;
  }
  export default function autocannon(options: Options): Promise<Result>;
}

declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';

  export interface ResourceServer {
    identifier(): string;
    audience: string;
    scope: string;
    accessTokenFormat: 'jwt';
    jwt: { sign: { alg: string } };
  }
  export interface Context {
    body: unknown;
    state: Record<string, unknown>;
    oidc: { client: object; params: Record<string, string | undefined> };
  }
  interface Token {
    resourceServer: ResourceServer;
    expiration: number;
    tokenType: string;
    save(): Promise<string>;
  }
  export class Provider {
    constructor(issuer: string, configuration: object);
    AccessToken: new (properties: object) => Token;
    registerGrantType(name: string, handler: (ctx: Context) => Promise<void>, parameters: readonly string[]): void;
    callback(): RequestListener;
  }
}
