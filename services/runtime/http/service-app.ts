import express, { type Express } from 'express';

/** An Express app as every service of the kit wants it: it tells nothing of itself and reads paths as they are. */
export function createServiceApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  // Hashing each answer costs more than the answers of an internal service are worth; none is asked for again.
  app.disable('etag');
  app.enable('case sensitive routing');
  app.set('query parser', 'simple');
  return app;
}
