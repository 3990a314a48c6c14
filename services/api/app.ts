import type { Express } from 'express';
import { EVENTS_PATH, MAX_EVENTS_BYTES } from '../contract/internal.ts';
import { requireApiKey, requireSecret } from '../runtime/http/auth-middleware.ts';
import type { Origin } from '../runtime/http/internal-call.ts';
import { answerProblem, answerUnknown } from '../runtime/http/problem-answers.ts';
import { readJson } from '../runtime/http/request-validation.ts';
import { createServiceApp } from '../runtime/http/service-app.ts';
import type { ApiOptions } from './api.ts';
import type { BridgeClient } from './bridge-client.ts';
import { chatRoutes } from './chats.ts';
import type { EventLog } from './events/event-log.ts';
import { answerEvents, refusePlainSocket } from './events/events-route.ts';
import { takeEvents } from './events/intake.ts';
import { answerHealth } from './health.ts';
import { takeUpload } from './media/media-upload.ts';
import { messageRoutes } from './messages/message-routes.ts';
import type { MessageChanges } from './outbox/changes.ts';
import type { Dispatcher } from './outbox/dispatcher.ts';
import { sessionRoutes } from './sessions/session-routes.ts';
import type { Store } from './store/store.ts';
import type { Deliverer } from './webhooks/deliverer.ts';
import { webhookRoutes } from './webhooks/routes.ts';

export interface AppParts extends Omit<ApiOptions, 'bridge' | 'store'> {
  readonly bridgeOrigin: Origin;
  readonly storage: Store;
  readonly changes: MessageChanges;
  readonly events: EventLog;
  readonly bridge: BridgeClient;
  readonly dispatcher: Dispatcher;
  readonly deliverer: Deliverer;
}

/** The api: what it answers, in the order in which a request passes. */
export function createApp(parts: AppParts): Express {
  const { secret, apiKeys, maxBodyBytes, bridge, storage, log } = parts;
  const app = createServiceApp();

  // Ready although the database is away: it answers for itself, and the supervisor could mend nothing by a restart.
  app.get(
    '/internal/ready',
    (_request, response) => void response.json({ status: 'ok', storage: storage.status }),
  );
  app.use(requireSecret(secret));
  app.get('/health', answerHealth(parts.bridgeOrigin, storage));
  app.post(EVENTS_PATH, readJson(MAX_EVENTS_BYTES), takeEvents(parts));

  app.use('/api', requireApiKey(apiKeys));
  app.get('/api/events', answerEvents(parts));
  app.get('/ws', requireApiKey(apiKeys), refusePlainSocket);
  app.post('/api/whatsapp/media', takeUpload(parts));
  app.use('/api', readJson(maxBodyBytes));
  app.use('/api/whatsapp', messageRoutes(parts));
  app.use('/api/whatsapp', sessionRoutes(parts));
  app.use('/api/whatsapp/chats', chatRoutes(bridge));
  app.use('/api/webhooks', webhookRoutes(parts));

  app.use(answerUnknown);
  app.use(answerProblem(log));
  return app;
}
