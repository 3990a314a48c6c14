import { type Response, Router } from 'express';
import { z } from 'zod';
import type { Config } from '#config';
import { clientOf } from '../../runtime/http/client-of.ts';
import { parseBy } from '../../runtime/http/request-validation.ts';
import { demandPublicLiteral } from '../outbound/outbound-url.ts';
import type { Store } from '../store/store.ts';
import { listDeadLetters, redrive, removeDeadLetters } from './dead-letters.ts';
import type { Deliverer } from './deliverer.ts';
import * as registry from './registry.ts';
import { newSecret, OVERLAP_MS } from './secrets.ts';
import type { Webhook } from './webhook.ts';
import { toDeadLetterAnswer, toPingAnswer, toWebhookAnswer } from './webhook-answers.ts';
import * as bodies from './webhook-bodies.ts';

export interface WebhookRouteParts {
  readonly store: Store;
  readonly deliverer: Deliverer;
  readonly webhooks: Pick<Config['webhooks'], 'allowNetworks' | 'most'>;
}

const nothing = z.strictObject({});
const letterIdSchema = z.object({
  letter: z
    .string()
    .regex(/^[1-9]\d{0,15}$/, 'must be the id of a dead letter')
    .transform(Number),
});

/** `/api/webhooks`: who is told of events. A secret is answered once, where it is made. */
export function webhookRoutes({ store, deliverer, webhooks: settings }: WebhookRouteParts): Router {
  const router = Router({ caseSensitive: true });
  const view = async (webhook: Webhook) => {
    const cursor = deliverer.cursorOf(webhook.id);
    return toWebhookAnswer(await store.read((db) => registry.viewWebhook(db, webhook, cursor)));
  };

  router.post('/', async (request, response) => {
    const creation = parseBy(bodies.creationSchema, request.body, 'body_invalid');
    demandPublicLiteral(creation.url, settings.allowNetworks);
    const secret = creation.secret ?? newSecret();
    const webhook = await store.write((db) =>
      registry.createWebhook(db, creation, secret, settings.most, Date.now()),
    );
    deliverer.changed(webhook.id);
    response.status(201).location(`/api/webhooks/${webhook.id}`);
    sendSecret(response, { ...(await view(webhook)), secret });
  });

  router.get('/', async (_request, response) => {
    const answers = [];
    for (const webhook of await store.read(registry.listWebhooks)) answers.push(await view(webhook));
    response.json({ webhooks: answers });
  });

  router.get('/:id', async (request, response) => {
    response.json(await view(await store.read((db) => registry.findWebhook(db, request.params.id))));
  });

  router.patch('/:id', async (request, response) => {
    const { id } = request.params;
    const change = parseBy(bodies.changeSchema, request.body, 'body_invalid');
    if (change.url !== undefined) demandPublicLiteral(change.url, settings.allowNetworks);
    const webhook = await store.write((db) => registry.changeWebhook(db, id, change));
    deliverer.changed(id);
    response.json(await view(webhook));
  });

  router.delete('/:id', async (request, response) => {
    const { id } = request.params;
    await store.write((db) => registry.removeWebhook(db, id));
    deliverer.changed(id);
    response.status(204).end();
  });

  router.post('/:id/rotate-secret', async (request, response) => {
    const { id } = request.params;
    const { secret = newSecret() } = parseBy(bodies.rotationSchema, request.body, 'body_invalid');
    const now = Date.now();
    await store.write((db) => registry.rotateSecret(db, id, secret, now));
    deliverer.changed(id);
    sendSecret(response, { id, secret, old_secret_until: new Date(now + OVERLAP_MS).toISOString() });
  });

  router.post('/:id/test', async (request, response) => {
    parseBy(nothing, request.body, 'body_invalid');
    const webhook = await store.read((db) => registry.findWebhook(db, request.params.id));
    response.json(toPingAnswer(await deliverer.ping(webhook)));
  });

  router.get('/:id/dead-letters', async (request, response) => {
    const { id } = request.params;
    const { after, limit } = parseBy(bodies.pageSchema, request.query, 'query_invalid');
    // One more than asked for tells whether there are more.
    const letters = await store.readInTurn(clientOf(request.headers), async (db) => {
      await registry.findWebhook(db, id);
      return listDeadLetters(db, id, after, limit + 1);
    });
    const page = letters.slice(0, limit);
    response.json({
      dead_letters: page.map(toDeadLetterAnswer),
      next: letters.length > limit ? (page.at(-1)?.id ?? null) : null,
    });
  });

  router.post('/:id/dead-letters/redrive', async (request, response) => {
    const { id } = request.params;
    const { ids } = parseBy(bodies.redriveSchema, request.body, 'body_invalid');
    const count = await store.write(async (db) => {
      await registry.findWebhook(db, id);
      return redrive(db, id, ids, Date.now());
    });
    deliverer.changed(id);
    response.status(202).json({ redriving: count });
  });

  router.delete(['/:id/dead-letters', '/:id/dead-letters/:letter'], async (request, response) => {
    const { id = '', letter: text } = z.record(z.string(), z.string()).parse(request.params);
    const letter =
      text === undefined ? undefined : parseBy(letterIdSchema, { letter: text }, 'query_invalid').letter;
    const count = await store.write(async (db) => {
      await registry.findWebhook(db, id);
      return removeDeadLetters(db, id, letter);
    });
    response.json({ removed: count });
  });
  return router;
}

/** Nothing on the way keeps it. */
function sendSecret(response: Response, body: object): void {
  response.set('cache-control', 'no-store').json(body);
}
