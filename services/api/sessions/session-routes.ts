import { Router } from 'express';
import { z } from 'zod';
import { toPhoneDigits } from '../../contract/chat-id.ts';
import { errorText, KitError } from '../../contract/errors.ts';
import { parseBy } from '../../runtime/http/request-validation.ts';
import { whyChanged } from '../account/account-texts.ts';
import { readAccounts } from '../account/linked-account.ts';
import type { BridgeClient } from '../bridge-client.ts';
import type { Dispatcher } from '../outbox/dispatcher.ts';
import { isStorageError } from '../store/storage-errors.ts';
import type { Store } from '../store/store.ts';
import { readBacklog } from './backlog.ts';

export interface SessionParts {
  readonly bridge: BridgeClient;
  readonly dispatcher: Pick<Dispatcher, 'status' | 'whyWaiting' | 'held'>;
  readonly store: Store;
  readonly session: string;
}

const pairingSchema = z.strictObject({ phone_number: z.string().min(1).max(64) });
const nothing = z.strictObject({});

/** The WhatsApp login: its state, how to link a phone, how to begin anew. */
export function sessionRoutes({ bridge, dispatcher, store, session }: SessionParts): Router {
  const router = Router({ caseSensitive: true });

  // Never an error: whoever asks for the state wants to know it most when the bridge is away.
  router.get('/status', async (_request, response) => {
    // Notes which account is linked, so that the accounts below are those of now.
    const status = await dispatcher.status().catch((error: unknown) => ({
      state: 'bridge_unreachable',
      whatsapp_ready: false,
      reason: errorText(error),
    }));
    const outbox = await readBacklog(store, session, dispatcher.whyWaiting, dispatcher.held);
    response.json({
      ...withoutPid(status),
      ...(await viewAccounts(store, session, status.whatsapp_ready)),
      ...(outbox === undefined ? {} : { outbox }),
    });
  });

  // What the kit can do with this version of WhatsApp Web; `held_messages` wait for what is broken.
  router.get('/compat', async (_request, response) => {
    response.json({ ...(await bridge.compat()), held_messages: dispatcher.held });
  });

  router.get('/qr', async (request, response) => {
    // A browser that opens this address takes anything, and wants to see the code.
    const isPage = request.get('accept')?.includes('text/html') === true;
    const wanted = request.accepts(
      isPage ? ['image/svg+xml', 'image/png', 'json'] : ['json', 'image/png', 'image/svg+xml'],
    );
    if (wanted === false)
      throw new KitError('not_acceptable', 'a QR code comes as application/json, image/png or image/svg+xml');
    const answer = await bridge.qr();
    response.vary('accept');
    if (wanted === 'json') response.json(answer);
    else response.type(wanted).send(await drawQr(answer.qr, wanted === 'image/png' ? 'png' : 'svg'));
  });

  router.post('/pairing-code', async (request, response) => {
    const { phone_number } = parseBy(pairingSchema, request.body, 'body_invalid');
    response.json({ success: true, ...(await bridge.pairingCode(toPhoneDigits(phone_number))) });
  });

  const actions = { connect: bridge.connect, disconnect: bridge.disconnect, 'reset-session': bridge.logout };
  for (const [path, act] of Object.entries(actions)) {
    router.post(`/${path}`, async (request, response) => {
      parseBy(nothing, request.body, 'body_invalid');
      response.json({ success: true, ...withoutPid(await act()) });
    });
  }
  return router;
}

/** The accounts of the session, and that nothing goes out while they differ; nothing while the store is away. */
async function viewAccounts(store: Store, session: string, isReady: boolean): Promise<object> {
  try {
    const accounts = await store.read((db) => readAccounts(db, session));
    const { owner, linked } = accounts;
    const reason = isReady ? whyChanged(accounts) : undefined;
    return {
      ...(reason === undefined ? {} : { state: 'account_changed', whatsapp_ready: false, reason }),
      ...(owner === undefined ? {} : { accounts: { owner, ...(linked === undefined ? {} : { linked }) } }),
    };
  } catch (error) {
    if (isStorageError(error)) return {};
    throw error;
  }
}

function withoutPid(status: object): object {
  const { browser_pid: _pid, ...rest } = { browser_pid: undefined, ...status };
  return rest;
}

/** The library is loaded at the first code: most runs never show one. */
async function drawQr(text: string, format: 'png' | 'svg'): Promise<Buffer | string> {
  const { default: qrcode } = await import('qrcode');
  if (format === 'png') return qrcode.toBuffer(text, { type: 'png', scale: 8 });
  return qrcode.toString(text, { type: 'svg' });
}
