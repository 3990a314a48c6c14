import type { Express } from 'express';
import {
  type BridgeHealth,
  type BridgeStatus,
  type ChatsAnswer,
  limitQuerySchema,
  type MessagesAnswer,
  type PairingCodeAnswer,
  pairingCodeBodySchema,
  resolveBodySchema,
  sendBodySchema,
} from '../contract/bridge.ts';
import { type CompatReport, summaryOf } from '../contract/compat.ts';
import { KitError } from '../contract/errors.ts';
import { MAX_SEND_BYTES } from '../contract/internal.ts';
import { type PasskeyAnswer, passkeyBodySchema, passkeyConfirmSchema } from '../contract/passkey.ts';
import { requireSecret } from '../runtime/http/auth-middleware.ts';
import { answerProblem, answerUnknown } from '../runtime/http/problem-answers.ts';
import { parseBy, readJson } from '../runtime/http/request-validation.ts';
import { createServiceApp } from '../runtime/http/service-app.ts';
import type { Log } from '../runtime/log.ts';
import { isPageError } from './page/errors.ts';
import type { WhatsApp } from './page/whatsapp.ts';
import type { Sender } from './send/sender.ts';
import { answerChallenge, confirmCode, readPasskeyStage } from './session/passkey/answers.ts';
import type { Session } from './session/session.ts';

export interface ServerParts {
  readonly session: Session;
  readonly sessionName: string;
  readonly sender: Sender;
  readonly secret: string;
  readonly log: Log;
  eventsWaiting(): number;
  /** What the newest test of the page has shown. */
  compat(): CompatReport;
}

export function createApp(parts: ServerParts): Express {
  const { session, sender } = parts;
  const app = createServiceApp();
  app.get('/health', (request, response) => {
    response.json(health(parts, request.socket.localPort ?? 0));
  });
  app.use(requireSecret(parts.secret));
  app.use(readJson(MAX_SEND_BYTES));

  app.post('/send', async (request, response) => {
    response.json(await sender.send(parseBy(sendBodySchema, request.body, 'body_invalid')));
  });
  app.post('/resolve', async (request, response) => {
    response.json(await sender.resolve(parseBy(resolveBodySchema, request.body, 'body_invalid')));
  });
  app.get('/status', (_request, response) => {
    response.json(status(parts));
  });
  app.get('/compat', (_request, response) => {
    response.json(parts.compat());
  });
  app.get('/qr', (_request, response) => {
    response.json(session.currentQr());
  });
  app.post('/pairing-code', async (request, response) => {
    const { phoneNumber } = parseBy(pairingCodeBodySchema, request.body, 'body_invalid');
    const answer: PairingCodeAnswer = { code: await session.requestPairingCode(phoneNumber) };
    response.json(answer);
  });
  app.get('/passkey', async (_request, response) => {
    const answer: PasskeyAnswer = await readPasskeyStage(session);
    response.json(answer);
  });
  app.post('/passkey', async (request, response) => {
    const body = parseBy(passkeyBodySchema, request.body, 'body_invalid');
    response.json(await answerChallenge(session, body));
  });
  app.post('/passkey/confirm', async (request, response) => {
    const body = parseBy(passkeyConfirmSchema, request.body, 'body_invalid');
    response.json(await confirmCode(session, body));
  });
  app.post('/connect', (_request, response) => {
    session.start();
    response.json(status(parts));
  });
  app.post('/disconnect', async (_request, response) => {
    await session.stop('disconnected by request');
    response.json(status(parts));
  });
  app.post('/logout', async (_request, response) => {
    await session.logout();
    response.json(status(parts));
  });
  app.get('/chats', async (request, response) => {
    const { limit } = parseBy(limitQuerySchema, request.query, 'query_invalid');
    const answer: ChatsAnswer = {
      chats: await ask(session, 'the chats', (whatsapp) => whatsapp.chats(limit)),
    };
    response.json(answer);
  });
  app.get('/chats/:id/messages', async (request, response) => {
    const { limit } = parseBy(limitQuerySchema, request.query, 'query_invalid');
    const { id } = request.params;
    const messages = await ask(session, 'the messages', (whatsapp) => whatsapp.messages(id, limit));
    if (messages === undefined) throw new KitError('chat_unknown', `there is no chat ${id}`);
    const answer: MessagesAnswer = { messages };
    response.json(answer);
  });
  // By a serialized id or a stanza id: how the outcome of a send is looked up.
  app.get('/messages/:id', async (request, response) => {
    const { id } = request.params;
    const message = await ask(session, 'a message', (whatsapp) => whatsapp.message(id));
    if (message === undefined) throw new KitError('not_found', `this device knows no message ${id}`);
    response.json({ message });
  });

  app.use(answerUnknown);
  app.use(answerProblem(parts.log));
  return app;
}

function health(parts: ServerParts, port: number): BridgeHealth {
  const { session, sessionName } = parts;
  const compat = summaryOf(parts.compat());
  return {
    status: 'ok',
    port,
    whatsapp_ready: session.isReady,
    ...session.status,
    ...(session.publicReason === undefined ? {} : { public_reason: session.publicReason }),
    session: sessionName,
    ...(compat === undefined ? {} : { compat }),
  };
}

function status(parts: ServerParts): BridgeStatus {
  const { session, sender } = parts;
  const me = session.isReady ? session.browser?.whatsapp.account : undefined;
  const browserPid = session.browser?.whatsapp.browserPid;
  const compat = summaryOf(parts.compat());
  const lastAckAt = sender.acks.lastServerAckAt;
  return {
    session: parts.sessionName,
    ...session.status,
    whatsapp_ready: session.isReady,
    ...(me === undefined ? {} : { me }),
    ...(session.pairingCode === undefined ? {} : { pairing_code: session.pairingCode }),
    ...(browserPid === undefined ? {} : { browser_pid: browserPid }),
    restarts: session.restarts,
    ...(lastAckAt === undefined ? {} : { last_ack_at: lastAckAt.toISOString() }),
    events_waiting: parts.eventsWaiting(),
    ...(compat === undefined ? {} : { compat }),
  };
}

/** A question to a ready page. Throws `whatsapp_not_ready`, and `bridge_failed` when the browser gives no answer. */
async function ask<T>(session: Session, what: string, act: (whatsapp: WhatsApp) => Promise<T>): Promise<T> {
  try {
    return await session.readyBrowser.call(what, act);
  } catch (error) {
    if (error instanceof KitError) throw error;
    const problem = isPageError(error) ? 'the page refused' : 'the browser gave no answer';
    throw new KitError('bridge_failed', `${problem}: ${what}`, { cause: error });
  }
}
