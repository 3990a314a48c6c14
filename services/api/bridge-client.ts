import got, { HTTPError, RequestError, TimeoutError } from 'got';
import type { z } from 'zod';
import {
  type BridgeStatus,
  bridgeStatusSchema,
  type Chat,
  chatsAnswerSchema,
  messagesAnswerSchema,
  pairingCodeAnswerSchema,
  type QrAnswer,
  qrAnswerSchema,
  type SendAnswer,
  sendAnswerSchema,
} from '../contract/bridge.ts';
import { isErrorCode, KitError } from '../contract/errors.ts';
import type { WhatsAppMessage } from '../contract/events.ts';
import { SECRET_HEADER } from '../contract/internal.ts';
import type { Log } from '../runtime/log.ts';

export interface BridgeAddress {
  readonly host: string;
  readonly port: number;
  /** Longest a send may take, the wait for the acknowledgement included. */
  readonly sendTimeoutMs: number;
  readonly callTimeoutMs: number;
}

/** What the api asks of the bridge. Each call throws KitError with the bridge's own code, or tells why it is away. */
export interface BridgeClient {
  send(chatId: string, message: string): Promise<SendAnswer>;
  status(): Promise<BridgeStatus>;
  qr(): Promise<QrAnswer>;
  pairingCode(phoneNumber: string): Promise<{ code: string }>;
  connect(): Promise<BridgeStatus>;
  disconnect(): Promise<BridgeStatus>;
  logout(): Promise<BridgeStatus>;
  chats(limit: number): Promise<Chat[]>;
  messages(chatId: string, limit: number): Promise<WhatsAppMessage[]>;
}

/** The network's time on top of the bridge's own limits, so that it is the bridge that says what took too long. */
const MARGIN_MS = 5_000;

export function createBridgeClient(address: BridgeAddress, secret: string, log: Log): BridgeClient {
  const { host, port } = address;
  const client = got.extend({
    prefixUrl: `http://${host}:${port}`,
    headers: { [SECRET_HEADER]: secret },
    retry: { limit: 0 },
    responseType: 'json',
  });
  const call = async <T>(
    schema: z.ZodType<T>,
    method: 'get' | 'post',
    path: string,
    timeoutMs: number,
    json?: object,
  ): Promise<T> => {
    try {
      const { body } = await client(path, {
        method,
        timeout: { request: timeoutMs + MARGIN_MS },
        ...(json === undefined ? {} : { json }),
      });
      const answer = schema.safeParse(body);
      if (answer.success) return answer.data;
      throw new KitError(
        path === 'send' ? 'outcome_unknown' : 'bridge_failed',
        'the WhatsApp bridge gave an answer that the api does not understand',
        { cause: answer.error },
      );
    } catch (error) {
      throw explain(error, { host, port, path }, log);
    }
  };
  const { sendTimeoutMs, callTimeoutMs } = address;
  return {
    send: (chatId, message) => call(sendAnswerSchema, 'post', 'send', sendTimeoutMs, { chatId, message }),
    status: () => call(bridgeStatusSchema, 'get', 'status', callTimeoutMs),
    qr: () => call(qrAnswerSchema, 'get', 'qr', callTimeoutMs),
    pairingCode: (phoneNumber) =>
      call(pairingCodeAnswerSchema, 'post', 'pairing-code', callTimeoutMs, { phoneNumber }),
    connect: () => call(bridgeStatusSchema, 'post', 'connect', callTimeoutMs),
    disconnect: () => call(bridgeStatusSchema, 'post', 'disconnect', callTimeoutMs),
    logout: () => call(bridgeStatusSchema, 'post', 'logout', callTimeoutMs),
    chats: async (limit) =>
      (await call(chatsAnswerSchema, 'get', `chats?limit=${limit}`, callTimeoutMs)).chats,
    messages: async (chatId, limit) =>
      (
        await call(
          messagesAnswerSchema,
          'get',
          `chats/${encodeURIComponent(chatId)}/messages?limit=${limit}`,
          callTimeoutMs,
        )
      ).messages,
  };
}

/**
 * What a failed call means. The log names host and port, because a bridge that nobody can reach is the failure this
 * kit was made for; the client is told neither.
 */
function explain(
  error: unknown,
  { host, port, path }: { host: string; port: number; path: string },
  log: Log,
): unknown {
  if (error instanceof HTTPError) return fromProblem(error);
  if (!(error instanceof RequestError)) return error;
  if (error.code === 'ECONNREFUSED') {
    log.error(
      { host, port, path },
      `the bridge at ${host}:${port} refused the connection: it is starting or restarting, or listens elsewhere; compare WHATSAPP_BRIDGE_PORT with its line "WhatsApp bridge will listen on port"`,
    );
    return new KitError('whatsapp_not_ready', 'the WhatsApp bridge is starting or restarting', {
      cause: error,
    });
  }
  log.error(
    { host, port, path, code: error.code },
    `the call to the bridge at ${host}:${port} broke off: ${error.message}`,
  );
  if (path === 'send')
    return new KitError('outcome_unknown', 'the bridge broke off while it was sending', { cause: error });
  const slow = error instanceof TimeoutError;
  return new KitError(
    'bridge_failed',
    slow ? 'the WhatsApp bridge did not answer in time' : 'the WhatsApp bridge broke off',
    { cause: error },
  );
}

function fromProblem(error: HTTPError): KitError {
  const body: unknown = error.response.body;
  if (typeof body === 'object' && body !== null && 'code' in body && isErrorCode(body.code)) {
    return new KitError(
      body.code,
      'detail' in body && typeof body.detail === 'string' ? body.detail : 'the bridge refused',
      { cause: error },
    );
  }
  return new KitError('bridge_failed', `the WhatsApp bridge answered ${error.response.statusCode}`, {
    cause: error,
  });
}
