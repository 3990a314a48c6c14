import type { Express } from 'express';
import { EVENTS_PATH, MAX_EVENTS_BYTES } from '../contract/internal.ts';
import { demandKey, demandSecret } from '../runtime/access.ts';
import { readJson } from '../runtime/json-bodies.ts';
import type { Log } from '../runtime/log.ts';
import { answerProblem, answerUnknown } from '../runtime/problem-answers.ts';
import { createServiceApp } from '../runtime/service-app.ts';
import type { BridgeClient } from './bridge-client.ts';
import { chatRoutes } from './chats.ts';
import type { EventHub } from './event-hub.ts';
import { streamEvents } from './event-stream.ts';
import { takeEvents } from './intake.ts';
import { sendMessage } from './send.ts';
import { sessionRoutes } from './session.ts';

export interface AppParts {
  readonly secret: string;
  readonly apiKeys: readonly string[];
  readonly maxBodyBytes: number;
  readonly bridge: BridgeClient;
  readonly hub: EventHub;
  readonly log: Log;
}

/** The api: what it answers, in the order in which a request passes. */
export function createApp({ secret, apiKeys, maxBodyBytes, bridge, hub, log }: AppParts): Express {
  const app = createServiceApp();

  app.get('/internal/ready', (_request, response) => void response.json({ status: 'ok' }));
  app.use(demandSecret(secret));
  app.post(EVENTS_PATH, readJson(MAX_EVENTS_BYTES), takeEvents(hub));

  app.use('/api', demandKey(apiKeys));
  app.get('/api/events', streamEvents(hub));
  app.use('/api', readJson(maxBodyBytes));
  app.post('/api/whatsapp/send', sendMessage(bridge));
  app.use('/api/whatsapp', sessionRoutes(bridge));
  app.use('/api/whatsapp/chats', chatRoutes(bridge));

  app.use(answerUnknown);
  app.use(answerProblem(log));
  return app;
}
