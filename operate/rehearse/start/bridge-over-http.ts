import { z } from 'zod';
import type { Bridge } from '../../../services/bridge/bridge.ts';
import {
  bridgeStatusSchema,
  messagesAnswerSchema,
  pairingCodeAnswerSchema,
  problemAnswerSchema,
  qrAnswerSchema,
  sendAnswerSchema,
} from '../../../services/contract/bridge.ts';
import { compatReportSchema } from '../../../services/contract/compat.ts';
import { KitError } from '../../../services/contract/errors.ts';
import { messageSchema } from '../../../services/contract/events.ts';
import { passkeyAnswerSchema } from '../../../services/contract/passkey.ts';
import { InternalCaller } from '../../../services/runtime/http/internal-call.ts';
import { signalProcess } from '../../../services/runtime/process/process-table.ts';
import { pageLookSchema, type RehearsedBridge } from '../bridge.ts';
import {
  announcementOf,
  BROWSER_VERSION,
  LOADED_AT,
  lookAt,
  RELOAD,
  reactionsOf,
  resendOf,
} from './page-scripts.ts';

export interface BridgeOverHttpOptions {
  readonly bridge: Bridge;
  readonly host: string;
  readonly secret: string;
  /** Longest a send may take with its upload and its ack. */
  readonly sendMs: number;
  /** Longest any other call may take. */
  readonly callMs: number;
  /** Cuts WhatsApp off, or ends that. */
  setOffline(isOffline: boolean): Promise<void>;
}

const RESEND_MS = 20_000;
const MESSAGES_LOOKED_AT = 100;

/** The bridge of this process by its HTTP, and what no contract offers by its page. */
export function bridgeOverHttp(options: BridgeOverHttpOptions): RehearsedBridge & { close(): void } {
  const { bridge, host, secret, sendMs, callMs } = options;
  const caller = new InternalCaller({ host, port: bridge.port }, secret);
  const ask = async (method: 'GET' | 'POST', path: string, body?: object, ms = callMs) => {
    const { status, text } = await caller.call(method, path, ms, body);
    return { isGood: status === 200, json: parseJson(text) };
  };
  const demand = async <T>(schema: z.ZodType<T>, ...call: Parameters<typeof ask>): Promise<T> => {
    const { isGood, json } = await ask(...call);
    if (isGood) return schema.parse(json);
    const { code, detail } = problemAnswerSchema.parse(json);
    throw new KitError(code, detail);
  };
  /** Undefined where the bridge answers with one of these codes. */
  const demandUnless = async <T>(
    codes: readonly string[],
    schema: z.ZodType<T>,
    ...call: Parameters<typeof ask>
  ): Promise<T | undefined> => {
    try {
      return await demand(schema, ...call);
    } catch (error) {
      if (error instanceof KitError && codes.includes(error.code)) return undefined;
      throw error;
    }
  };
  // Async: a session without a ready browser throws at once, and callers expect a rejection.
  const run = async (source: string): Promise<unknown> =>
    bridge.session.readyBrowser.call(
      'a look of the rehearsal',
      (page) => page.run(source),
      callMs + RESEND_MS,
    );

  return {
    status: () => demand(bridgeStatusSchema, 'GET', '/status'),
    compat: () => demand(compatReportSchema, 'GET', '/compat'),
    qr: () => demandUnless(['qr_unavailable'], qrAnswerSchema, 'GET', '/qr'),
    pairingCode: async (phoneNumber) =>
      (await demand(pairingCodeAnswerSchema, 'POST', '/pairing-code', { phoneNumber })).code,
    passkey: () => demand(passkeyAnswerSchema, 'GET', '/passkey'),
    answerPasskey: async (body) => void (await demand(passkeyAnswerSchema, 'POST', '/passkey', body)),
    confirmPasskey: async (body) =>
      void (await demand(passkeyAnswerSchema, 'POST', '/passkey/confirm', body)),
    connect: async () => void (await demand(z.unknown(), 'POST', '/connect')),
    disconnect: async () => void (await demand(z.unknown(), 'POST', '/disconnect')),
    send: async (body) => {
      const { isGood, json } = await ask('POST', '/send', body, sendMs);
      if (isGood) return { isSent: true, answer: sendAnswerSchema.parse(json) };
      return { isSent: false, ...problemAnswerSchema.parse(json) };
    },
    message: async (id) =>
      (
        await demandUnless(
          ['not_found', 'whatsapp_not_ready', 'bridge_failed'],
          z.object({ message: messageSchema }),
          'GET',
          `/messages/${encodeURIComponent(id)}`,
        )
      )?.message,
    messages: async (chatId) => {
      const path = `/chats/${encodeURIComponent(chatId)}/messages?limit=${MESSAGES_LOOKED_AT}`;
      return (await demandUnless(['chat_unknown'], messagesAnswerSchema, 'GET', path))?.messages ?? [];
    },
    look: async (stanzaId) => pageLookSchema.nullable().parse(await run(lookAt(stanzaId))) ?? undefined,
    announced: async (stanzaId) =>
      void (await run(announcementOf(stanzaId, RESEND_MS)).catch(() => 'the page went away')),
    reactions: async (stanzaId) =>
      z
        .number()
        .nullable()
        .parse(await run(reactionsOf(stanzaId))) ?? undefined,
    resend: async (stanzaId) => z.string().parse(await run(resendOf(stanzaId, RESEND_MS))),
    browserVersion: async () => z.string().parse(await run(BROWSER_VERSION)),
    loadedAt: () => run(LOADED_AT).then(Number, () => undefined),
    reload: async () => void (await run(RELOAD)),
    killBrowser: (pid) => {
      // Its group, which it leads: Chromium has a dozen processes.
      if (!signalProcess(-pid, 'SIGKILL')) signalProcess(pid, 'SIGKILL');
    },
    setOffline: (isOffline) => options.setOffline(isOffline),
    close: () => caller.close(),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // What is no JSON fits no schema either.
  }
}
