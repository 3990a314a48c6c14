import type { IncomingHttpHeaders, Server } from 'node:http';
import { type Express, type Request, Router } from 'express';
import { KitError } from '../../contract/errors.ts';
import { createInternalServer } from '../../runtime/http/internal-server.ts';
import { answerProblem, answerUnknown } from '../../runtime/http/problem-answers.ts';
import { parseBy, readJson } from '../../runtime/http/request-validation.ts';
import { createServiceApp } from '../../runtime/http/service-app.ts';
import type { Log } from '../../runtime/log.ts';
import { openEventStream } from '../http/event-stream.ts';
import { composeIncoming } from '../phone/compose-messages.ts';
import type { Phone } from '../phone/phone.ts';
import { chatIdOf, phoneNumberOf } from '../phone/whatsapp-ids.ts';
import { accountNamed } from './account-named.ts';
import { clearFaults, injectFault } from './fault-injection.ts';
import { servePhonePage } from './phone-page-files.ts';
import { faultRequest, incomingRequest, noBody, phoneRequest, scanRequest } from './request-schemas.ts';
import { viewChats, viewMessage, viewReceived, viewState } from './views.ts';

/** Throws a KitError for a request that may not pass. */
export type Authorize = (headers: IncomingHttpHeaders) => void;

const MAX_BODY_BYTES = 96 * 1024 * 1024;
/** In `?phone=`: all phones. */
const EVERY_PHONE = '*';
const PICTURE = /^image\/(png|jpeg|gif|webp)$/;
/** Changes within this time reach a phone page as one. */
const CHANGE_GATHER_MS = 100;

/** The phone by HTTP: its page at /sandbox, its control under /sandbox/api. */
export function createPhoneServer(phone: Phone, authorize: Authorize, log: Log): Server {
  return createInternalServer(createApp(phone, authorize, log));
}

function createApp(phone: Phone, authorize: Authorize, log: Log): Express {
  const app = createServiceApp();
  app.enable('strict routing');
  app.get('/sandbox/api/health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.use((request, _response, next) => {
    authorize(request.headers);
    next();
  });
  app.use('/sandbox/api', readJson(MAX_BODY_BYTES), createApi(phone));
  app.use('/sandbox', servePhonePage());
  app.use(answerUnknown);
  app.use(answerProblem(log));
  return app;
}

function createApi(phone: Phone): Router {
  const api = Router();
  const accountOf = (request: Request) => accountNamed(phone, queryText(request, 'phone'));
  api.get('/state', (request, response) => {
    response.json(viewState(phone, accountOf(request)));
  });
  api.get('/messages', (request, response) => {
    const chat = queryText(request, 'chat_id');
    response.json(
      viewReceived(phone, {
        account: queryText(request, 'phone') === EVERY_PHONE ? undefined : accountOf(request),
        chatId: chat === undefined ? undefined : chatIdOf('chat_id', chat),
      }),
    );
  });
  api.get('/chats', (request, response) => {
    response.json(viewChats(accountOf(request)));
  });
  api.get('/chats/:id', (request, response) => {
    const messages = accountOf(request).state.messagesOf(chatIdOf('id', request.params.id));
    response.json(messages.map(viewMessage));
  });
  api.get('/media/:name', (request, response) => {
    const path = phone.media.pathOf(request.params.name);
    if (path === undefined) throw new KitError('not_found', 'no such medium');
    // Pictures are shown as what their message says they are; all else is saved, and nothing is ever run.
    const type = queryText(request, 'type') ?? '';
    response.set({
      'content-type': PICTURE.test(type) ? type : 'application/octet-stream',
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
    });
    response.sendFile(path, { dotfiles: 'allow' });
  });
  api.get('/qr.svg', async (_request, response) => {
    const qr = phone.pages.current?.qr;
    if (qr === undefined) throw new KitError('qr_unavailable', 'no page shows a QR code to the phone now');
    response.set({ 'content-type': 'image/svg+xml', 'cache-control': 'no-store' });
    // Loaded at the first one: most runs never show any.
    const { default: qrcode } = await import('qrcode');
    response.send(await qrcode.toString(qr.text, { type: 'svg', margin: 2 }));
  });
  api.get('/stream', (_request, response) => {
    const stream = openEventStream(response);
    let changedChats = new Set<string>();
    let timer: NodeJS.Timeout | undefined;
    const stop = phone.onChange((chatId) => {
      if (chatId !== undefined) changedChats.add(chatId);
      timer ??= setTimeout(() => {
        timer = undefined;
        stream.send({ chat_ids: [...changedChats] }, 'change');
        changedChats = new Set();
      }, CHANGE_GATHER_MS);
    });
    response.once('close', () => {
      clearTimeout(timer);
      stop();
    });
    stream.send({ chat_ids: [] }, 'change');
  });
  api.post('/scan', async (request, response) => {
    const { phone: number, pushname } = parseBy(scanRequest, request.body, 'body_invalid');
    const digits = number === undefined ? undefined : phoneNumberOf('phone', number);
    const device = await phone.links.scan({ phone: digits, pushname });
    response.json({
      linked: true,
      phone: device.pn.split('@')[0],
      pushname: device.pushname,
      device_id: device.id,
    });
  });
  api.post('/unlink', (request, response) => {
    const { phone: number } = parseBy(phoneRequest, request.body, 'body_invalid');
    phone.links.unlink(accountNamed(phone, number));
    response.json({ linked: false });
  });
  // The owner makes a passkey: the answer is what another device of the owner needs to use it. The phone may be a new one,
  // because it needs the passkey for its first scan.
  api.post('/passkey', (request, response) => {
    const { phone: number } = parseBy(phoneRequest, request.body, 'body_invalid');
    const account =
      number === undefined ? phone.account : phone.accounts.open(phoneNumberOf('phone', number));
    response.json(phone.links.passkeys.create(account));
  });
  api.post('/incoming', (request, response) => {
    const { phone: number, ...incoming } = parseBy(incomingRequest, request.body, 'body_invalid');
    const account = accountNamed(phone, number);
    const message = composeIncoming(incoming, account);
    account.keep(message);
    const { id, chat_id, received_at } = message;
    response.json({ id, chat_id, received_at });
  });
  api.post('/misbehave', async (request, response) => {
    const fault = parseBy(faultRequest, request.body, 'body_invalid');
    response.json({ done: fault.kind, ...(await injectFault(phone, fault)) });
  });
  api.post('/behave', (request, response) => {
    parseBy(noBody, request.body, 'body_invalid');
    clearFaults(phone);
    response.json({ done: 'behave' });
  });
  return api;
}

function queryText(request: Request, name: string): string | undefined {
  const value = request.query[name];
  if (value === undefined || typeof value === 'string') return value;
  const fields = [{ field: name, message: 'must be given once' }];
  throw new KitError('query_invalid', `${name} must be given once`, { fields });
}
