import type { z } from 'zod';
import {
  type BridgeStatus,
  bridgeStatusSchema,
  type Chat,
  chatsAnswerSchema,
  messagesAnswerSchema,
  pairingCodeAnswerSchema,
  problemAnswerSchema,
  type QrAnswer,
  qrAnswerSchema,
  type ResolveAnswer,
  type ResolveBody,
  resolveAnswerSchema,
  type SendAnswer,
  type SendBody,
  sendAnswerSchema,
} from '../contract/bridge.ts';
import { type CompatReport, compatReportSchema } from '../contract/compat.ts';
import { ERRORS, errorText, KitError } from '../contract/errors.ts';
import type { WhatsAppMessage } from '../contract/events.ts';
import {
  type PasskeyAnswer,
  type PasskeyBody,
  type PasskeyConfirm,
  passkeyAnswerSchema,
} from '../contract/passkey.ts';
import { InternalCaller, SilenceError } from '../runtime/http/internal-call.ts';
import type { Log } from '../runtime/log.ts';

export interface BridgeAddress {
  readonly host: string;
  readonly port: number;
  /** Longest a send may take, the wait for the acknowledgement included. */
  readonly sendTimeoutMs: number;
  /** How much longer a send with a medium may take. */
  readonly uploadTimeoutMs: number;
  readonly callTimeoutMs: number;
}

/** What the api asks of the bridge. Each call throws KitError with the bridge's own code, or tells why it is away. */
export interface BridgeClient {
  /** `signal` gives the call up; the bridge goes on with it. */
  send(body: SendBody, signal?: AbortSignal): Promise<SendAnswer>;
  /** Who a number or a LID is. */
  resolve(body: ResolveBody): Promise<ResolveAnswer>;
  status(): Promise<BridgeStatus>;
  /** What the bridge can do with the page of WhatsApp. */
  compat(): Promise<CompatReport>;
  qr(): Promise<QrAnswer>;
  pairingCode(phoneNumber: string): Promise<{ code: string }>;
  passkey(): Promise<PasskeyAnswer>;
  answerPasskey(body: PasskeyBody): Promise<PasskeyAnswer>;
  confirmPasskey(body: PasskeyConfirm): Promise<PasskeyAnswer>;
  connect(): Promise<BridgeStatus>;
  disconnect(): Promise<BridgeStatus>;
  logout(): Promise<BridgeStatus>;
  chats(limit: number): Promise<Chat[]>;
  messages(chatId: string, limit: number): Promise<WhatsAppMessage[]>;
}

/** The network's time on top of the bridge's own limits, so that it is the bridge that says what took too long. */
const MARGIN_MS = 5_000;
/** Closing a browser that hangs, and setting its profile aside, on top of a call into it. */
const CLOSING_MS = 15_000;
const SEND_PATH = '/send';

export function createBridgeClient(address: BridgeAddress, secret: string, log: Log): BridgeClient {
  const { host, port } = address;
  const caller = new InternalCaller(address, secret);
  const call = async <T>(
    schema: z.ZodType<T>,
    method: 'GET' | 'POST',
    path: string,
    timeoutMs: number,
    body?: object,
    signal?: AbortSignal,
  ): Promise<T> => {
    const answer = await caller
      .call(method, path, timeoutMs + MARGIN_MS, body, signal)
      .catch((error: unknown) => {
        if (signal?.aborted) throw new KitError('outcome_unknown', 'the call was given up', { cause: error });
        throw explain(error, { host, port, path }, log);
      });
    const json = parseJson(answer.text);
    if (answer.status !== 200) throw fromProblem(answer.status, json, path, log);
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    const code = path === SEND_PATH ? 'outcome_unknown' : 'bridge_failed';
    throw new KitError(code, 'the WhatsApp bridge gave an answer that the api does not understand', {
      cause: parsed.error,
    });
  };
  const { sendTimeoutMs, uploadTimeoutMs, callTimeoutMs } = address;
  return {
    send: (body, signal) => {
      const timeoutMs = sendTimeoutMs + (body.content?.kind === 'media' ? uploadTimeoutMs : 0);
      return call(sendAnswerSchema, 'POST', SEND_PATH, timeoutMs, body, signal);
    },
    resolve: (body) => call(resolveAnswerSchema, 'POST', '/resolve', callTimeoutMs, body),
    status: () => call(bridgeStatusSchema, 'GET', '/status', callTimeoutMs),
    compat: () => call(compatReportSchema, 'GET', '/compat', callTimeoutMs),
    qr: () => call(qrAnswerSchema, 'GET', '/qr', callTimeoutMs),
    pairingCode: (phoneNumber) =>
      call(pairingCodeAnswerSchema, 'POST', '/pairing-code', callTimeoutMs, { phoneNumber }),
    passkey: () => call(passkeyAnswerSchema, 'GET', '/passkey', callTimeoutMs),
    answerPasskey: (body) => call(passkeyAnswerSchema, 'POST', '/passkey', 3 * callTimeoutMs, body),
    confirmPasskey: (body) => call(passkeyAnswerSchema, 'POST', '/passkey/confirm', 2 * callTimeoutMs, body),
    connect: () => call(bridgeStatusSchema, 'POST', '/connect', callTimeoutMs),
    disconnect: () => call(bridgeStatusSchema, 'POST', '/disconnect', callTimeoutMs),
    logout: () => call(bridgeStatusSchema, 'POST', '/logout', callTimeoutMs + CLOSING_MS),
    chats: async (limit) =>
      (await call(chatsAnswerSchema, 'GET', `/chats?limit=${limit}`, callTimeoutMs)).chats,
    messages: async (chatId, limit) =>
      (
        await call(
          messagesAnswerSchema,
          'GET',
          `/chats/${encodeURIComponent(chatId)}/messages?limit=${limit}`,
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
): KitError {
  if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') {
    log.error(
      { host, port, path },
      `the bridge at ${host}:${port} refused the connection: it is starting or restarting, or listens elsewhere; compare WHATSAPP_BRIDGE_PORT with its line "WhatsApp bridge will listen on port"`,
    );
    return new KitError('whatsapp_not_ready', 'the WhatsApp bridge is starting or restarting', {
      cause: error,
    });
  }
  if (isUnreached(error)) {
    log.error(
      { host, port, path },
      `the bridge at ${host}:${port} could not be reached: ${errorText(error)}; if it does not pass, compare BRIDGE_HOST with the name of its host`,
    );
    return new KitError('whatsapp_not_ready', 'the WhatsApp bridge is away', { cause: error });
  }
  log.error({ host, port, path }, `the call to the bridge at ${host}:${port} broke off: ${errorText(error)}`);
  if (path === SEND_PATH)
    return new KitError('outcome_unknown', 'the bridge broke off while it was sending', { cause: error });
  const what = error instanceof SilenceError ? 'did not answer in time' : 'broke off';
  return new KitError('bridge_failed', `the WhatsApp bridge ${what}`, { cause: error });
}

/** Whether nothing was sent: the name was not found, or the host did not answer. Of several addresses the first tells. */
function isUnreached(thrown: unknown): boolean {
  const error: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  return (
    error instanceof Error && 'syscall' in error && ['getaddrinfo', 'connect'].includes(String(error.syscall))
  );
}

/**
 * The error for an answer other than 200. A refusal of the form of the call is final, and the error names the field. Any
 * other 4xx to a send is certain too, because nothing was sent, but it may pass: the bridge has another secret, or a proxy
 * in between refuses.
 */
function fromProblem(status: number, json: unknown, path: string, log: Log): KitError {
  const problem = problemAnswerSchema.safeParse(json).data;
  if (problem !== undefined && ERRORS[problem.code].isAboutWhatsApp)
    return new KitError(problem.code, problem.detail);
  if (problem !== undefined && ERRORS[problem.code].refusesForm) {
    const { code, detail } = problem;
    log.error(
      { status, path, code },
      `the bridge refuses the form of a call of ${path} (${code}): ${detail}; run the api and the bridge from one release, or report it`,
    );
    return new KitError('contract_refused', `the WhatsApp bridge refuses a call of this form: ${detail}`);
  }
  log.error(
    { status, path, problem },
    `the bridge answered ${status} to ${path}: ${problem?.code ?? 'no problem document'}`,
  );
  const isCertain = path === SEND_PATH && status >= 400 && status <= 499;
  return new KitError(isCertain ? 'send_failed' : 'bridge_failed', `the WhatsApp bridge answered ${status}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // What is no JSON fits no schema either.
  }
}
