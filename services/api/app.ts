import type { Express, RequestHandler } from 'express';
import { ADMISSION_PATH, EVENTS_PATH, MAX_EVENTS_BYTES } from '../contract/internal.ts';
import type { Pressure } from '../contract/pressure.ts';
import { pressures } from '../runtime/budget.ts';
import type { KeySource } from '../runtime/http/api-key-ring.ts';
import { requireApiKey, requireSecret } from '../runtime/http/auth-middleware.ts';
import type { FailedAttempts } from '../runtime/http/failed-attempts.ts';
import { answerProblem, answerUnknown } from '../runtime/http/problem-answers.ts';
import { readJson } from '../runtime/http/request-validation.ts';
import { createServiceApp } from '../runtime/http/service-app.ts';
import type { Log } from '../runtime/log.ts';
import { refusePlainSocket } from './events/events-route.ts';
import type { HealthFacts } from './health.ts';
import type { BodyMemory } from './media/body-memory.ts';
import type { PasskeyRoutes } from './sessions/passkey-routes.ts';
import type { Store } from './store/store.ts';

/** A JSON body is in memory as bytes, and as text. */
const JSON_COPIES = 2;

export interface AppOptions {
  /** The boot secret, which every caller must show. */
  readonly secret: string;
  /** None: every client that the gate admits may call. */
  readonly apiKeys: readonly string[] | KeySource;
  /** Shared with the WebSockets: a client is one over both. */
  readonly failures?: FailedAttempts;
  readonly maxBodyBytes: number;
  readonly mostMediaBytes: number;
  readonly memory: BodyMemory;
  readonly store: Pick<Store, 'status'>;
  readonly dispatcher: HealthFacts;
  /** What may run short; its pressure is in the readiness answer. */
  readonly budgets: readonly { readonly pressure: Pressure | undefined }[];
  readonly log: Log;
}

/** What answers at each path. */
export interface AppRoutes {
  readonly health: RequestHandler;
  readonly intake: RequestHandler;
  readonly events: RequestHandler;
  readonly upload: RequestHandler;
  readonly messages: RequestHandler;
  readonly account: RequestHandler;
  readonly sessions: RequestHandler;
  readonly chats: RequestHandler;
  readonly people: RequestHandler;
  readonly passkey: PasskeyRoutes;
  readonly webhooks: RequestHandler;
}

/** The api: what it answers, in the order in which a request passes. */
export function createApp(options: AppOptions, routes: AppRoutes): Express {
  const { secret, apiKeys, failures, maxBodyBytes, mostMediaBytes, memory, store, dispatcher, budgets, log } =
    options;
  const app = createServiceApp();

  // Ready although the database is away: the api reports it in its answers, and a restart would not repair it.
  app.get(
    '/internal/ready',
    (_request, response) =>
      void response.json({
        status: 'ok',
        storage: store.status,
        held_messages: dispatcher.held,
        account_changed: dispatcher.isAccountChanged,
        pressure: pressures(budgets),
      }),
  );
  app.use(requireSecret(secret));
  app.get('/health', routes.health);
  app.post(EVENTS_PATH, readJson(MAX_EVENTS_BYTES), routes.intake);

  const requireKey = requireApiKey(apiKeys, failures);
  app.get(ADMISSION_PATH, requireKey, (_request, response) => void response.status(204).end());
  app.use('/api/whatsapp/passkey', routes.passkey.open);
  app.use('/api', requireKey);
  app.get('/api/events', routes.events);
  app.get('/ws', requireKey, refusePlainSocket);
  app.post('/api/whatsapp/media', memory.admit(mostMediaBytes), routes.upload);
  app.use('/api', memory.admit(maxBodyBytes, JSON_COPIES), readJson(maxBodyBytes));
  app.use('/api/whatsapp', routes.messages);
  app.use('/api/whatsapp', routes.sessions);
  app.use('/api/whatsapp/account', routes.account);
  app.use('/api/whatsapp/passkey', routes.passkey.keyed);
  app.use('/api/whatsapp/chats', routes.chats);
  app.use('/api/whatsapp/people', routes.people);
  app.use('/api/webhooks', routes.webhooks);

  app.use(answerUnknown);
  app.use(answerProblem(log));
  return app;
}
