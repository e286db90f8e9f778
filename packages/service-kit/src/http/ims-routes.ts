import type { Metrics } from '@mandate/ports';
import { hash, timingSafeEqual } from 'node:crypto';
import { OAuthError } from '@mandate/oauth';
import type { CommonConfig } from '../config/common-config.js';
import type { Service } from '../service.js';
import { metricsRoute } from './metrics-route.js';
import type { Route } from './routes.js';

/** The ping and metrics paths of the 2018 services, each behind HTTP Basic and absent while its password is unset. */
export function imsRoutes(services: readonly Service[], config: CommonConfig, metrics: Metrics): Route[] {
  const { INFO_ACCOUNT_PASSWORD: infoPassword, METRICS_ACCOUNT_PASSWORD: metricsPassword } = config;
  const pings = infoPassword === undefined ? [] : services.map(({ ims }) => ims.ping);
  const scrapes = metricsPassword === undefined ? [] : services.map(({ ims }) => ims.metrics);
  return [
    ...pings.map((path) => behindBasic(pingRoute(path), `info:${infoPassword ?? ''}`)),
    ...scrapes.map((path) => behindBasic(metricsRoute(path, metrics), `metrics:${metricsPassword ?? ''}`)),
  ];
}

function pingRoute(path: string): Route {
  return { method: 'GET', path, quiet: true, handle: () => ({ body: { status: 'ok' } }) };
}

function behindBasic(route: Route, account: string): Route {
  return {
    ...route,
    handle(request, response) {
      checkBasic(request.get('authorization'), account);
      return route.handle(request, response);
    },
  };
}

function checkBasic(authorization: string | undefined, account: string): void {
  const [scheme = '', credentials = ''] = (authorization ?? '').split(' ', 2);
  const given = scheme.toLowerCase() === 'basic' ? Buffer.from(credentials, 'base64') : Buffer.alloc(0);
  if (timingSafeEqual(sha256(given), sha256(Buffer.from(account)))) return;
  const headers = { 'WWW-Authenticate': 'Basic realm="monitoring", charset="UTF-8"' };
  throw new OAuthError('invalid_client', 'This path needs its account', { headers });
}

function sha256(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}
