import type { Metrics } from '@mandate/ports';
import express, { type Request } from 'express';
import type { CommonConfig } from '../config/common-config.js';
import type { Logger } from '../observe/logger.js';
import type { Service } from '../service.js';
import { checkMessage } from './check-message.js';
import { CERTIFICATE_HEADER } from './client-certificate.js';
import { createForwardedAddresses, createProxyWarning } from './client-address.js';
import { createErrorHandler } from './error-handler.js';
import { createRequestContext } from './request-context.js';
import { createRequestRecord } from './request-record.js';
import { imsRoutes } from './ims-routes.js';
import { endpointRoutes } from './endpoint-routes.js';
import { metadataRoutes } from './metadata-routes.js';
import { metricsRoute } from './metrics-route.js';
import { type Readiness, createReadiness, probeRoutes } from './probes.js';
import type { AppResponse } from './request-state.js';
import { type Route, createRouter } from './routes.js';
import { sendAnswer } from './send-answer.js';
import { tokenRoutes } from './token-routes.js';

export interface AppOptions {
  services: readonly Service[];
  config: CommonConfig;
  logger: Logger;
  metrics: Metrics;
}

/** The two applications of a process, and the switch that makes it not ready. */
export interface App {
  public: express.Express;
  management: express.Express;
  /** From now on `/readyz` answers 503 and every answer carries `Connection: close`. */
  startDraining(): void;
}

/** Builds the applications of a process from the services in it. Opens nothing. */
export function createApp({ services, config, logger, metrics }: AppOptions): App {
  const readiness = createReadiness(services.flatMap(({ parts }) => parts));
  const publicRoutes = [
    ...services.flatMap(({ endpoints }) => endpoints.flatMap(endpointRoutes)),
    ...tokenRoutes(services.flatMap(({ tokenEndpoints }) => tokenEndpoints)),
    ...metadataRoutes(services),
    ...imsRoutes(services, config, metrics),
    ...probeRoutes(readiness, { details: false }),
  ];
  const managementRoutes = [...probeRoutes(readiness, { details: true }), metricsRoute('/metrics', metrics)];
  const parts = { config, logger, metrics, readiness };
  return {
    public: buildApp(publicRoutes, parts),
    management: buildApp(managementRoutes, parts),
    startDraining: () => readiness.startDraining(),
  };
}

interface Parts {
  config: CommonConfig;
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
}

function buildApp(routes: readonly Route[], { config, logger, metrics, readiness }: Parts): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', false);
  app.set('trust proxy', config.TRUSTED_PROXIES);
  app.set(CERTIFICATE_HEADER, config.CLIENT_CERTIFICATE_HEADER);
  const trustTransactionId = config.TRUST_TRANSACTION_ID_HEADER;
  const record = createRequestRecord(metrics, routes);
  const start = createRequestContext({ logger, trustTransactionId, draining: () => readiness.draining(), record });
  const readForwarded =
    config.TRUSTED_PROXIES.length === 0 ? createProxyWarning(logger) : createForwardedAddresses(logger);
  const routeOf = createRouter(routes);
  app.use(async (request: Request, response: AppResponse) => {
    start(request, response);
    checkMessage(request);
    readForwarded(request);
    sendAnswer(response, await routeOf(request, response).handle(request, response));
  });
  app.use(createErrorHandler());
  return app;
}
