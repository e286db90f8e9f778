import express from 'express';
import type { CommonConfig } from '../config/common-config.js';
import type { Logger } from '../observe/logger.js';
import type { Metrics } from '../observe/metrics.js';
import type { Service } from '../service.js';
import { createErrorHandler } from './error-handler.js';
import { createRequestStart } from './request-start.js';
import { createRequestRecord } from './request-record.js';
import { imsRoutes } from './ims-routes.js';
import { formRoutes } from './form-routes.js';
import { metadataRoutes } from './metadata-routes.js';
import { type Readiness, createReadiness, probeRoutes } from './probes.js';
import { type Route, mountRoutes } from './routes.js';
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
    ...services.flatMap(({ endpoints }) => endpoints.flatMap(formRoutes)),
    ...tokenRoutes(services.flatMap(({ tokenEndpoints }) => tokenEndpoints)),
    ...metadataRoutes(services),
    ...imsRoutes(services, config, metrics),
    ...probeRoutes(readiness, { details: false }),
  ];
  const managementRoutes = [...probeRoutes(readiness, { details: true }), metricsRoute(metrics)];
  const build = (routes: readonly Route[]): express.Express => buildApp(routes, { config, logger, metrics, readiness });
  return {
    public: build(publicRoutes),
    management: build(managementRoutes),
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
  const trustTransactionId = config.TRUST_TRANSACTION_ID_HEADER;
  app.use(createRequestStart({ logger, trustTransactionId, draining: () => readiness.draining() }));
  app.use(createRequestRecord(metrics, routes));
  mountRoutes(app, routes);
  app.use(createErrorHandler());
  return app;
}

function metricsRoute(metrics: Metrics): Route {
  return {
    method: 'GET',
    path: '/metrics',
    quiet: true,
    async handle(_request, response) {
      const { contentType, body } = await metrics.render();
      response.set('Content-Type', contentType).send(body);
    },
  };
}
