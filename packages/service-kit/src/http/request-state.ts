import type { Response } from 'express';
import type { CallerFields, RequestContext } from '../service.js';

/** What the kit keeps of a request while it is answered (`response.locals`). */
export interface RequestState extends Record<string, unknown> {
  context: RequestContext;
  /** The path of the route that matched, or `other`: a metric label. */
  route: string;
  /** What stands for the parameter in the path of the route. */
  segment: string | undefined;
  quiet: boolean;
  /** Whether the process begins to stop: then the answer is the last one of its connection. */
  draining: () => boolean;
  /** Its endpoint said that the answer waits for somebody. */
  held: boolean;
  /** Who sends it, as far as that is known: for the lines that say how it failed. */
  caller: CallerFields | undefined;
  /** The code of the error that was answered. */
  error: string | undefined;
}

export type AppResponse = Response<unknown, RequestState>;
