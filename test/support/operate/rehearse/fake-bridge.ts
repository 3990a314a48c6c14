import type { PageLook, RehearsedBridge, SendResult } from '../../../../operate/rehearse/bridge.ts';
import type { Clock } from '../../../../operate/rehearse/context.ts';
import { EventLog } from '../../../../operate/rehearse/event-log.ts';
import type { BridgeStatus, SendBody } from '../../../../services/contract/bridge.ts';
import type { CompatReport } from '../../../../services/contract/compat.ts';
import type { SessionState, WhatsAppMessage } from '../../../../services/contract/events.ts';
import type { PasskeyAnswer } from '../../../../services/contract/passkey.ts';

export const ME = '15550000001@c.us';

/** What a test makes of the fake. */
export interface Faults {
  readonly ownIds?: boolean;
  readonly doubles?: boolean;
  readonly losesAfterReload?: boolean;
  readonly broken?: string;
  readonly refuses?: { readonly kind: string; readonly code: 'upload_failed'; readonly detail: string };
  readonly neverReady?: string;
  readonly awayAfterReloadMs?: number;
}

/** A bridge that keeps messages in memory, and tells and answers like the real one. */
export class FakeBridge implements RehearsedBridge {
  readonly events: EventLog;
  readonly passkey = async (): Promise<PasskeyAnswer> => ({ stage: 'NotStarted' });
  readonly answerPasskey = async () => undefined;
  readonly confirmPasskey = async () => undefined;
  readonly loadedAt = async () => this.#backAtMs;
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #messages: WhatsAppMessage[] = [];
  readonly #reactions = new Map<string, number>();
  #pid = 100;
  #isOffline = false;
  #isConnected = true;
  #backAtMs = 0;
  /** Answers a send in the middle of which the browser is killed. */
  #killed: (() => void) | undefined;
  #mayBeKilled = false;

  constructor(clock: Clock, faults: Faults = {}) {
    this.events = new EventLog(() => clock.now());
    this.#clock = clock;
    this.#faults = faults;
  }

  async status(): Promise<BridgeStatus> {
    const { neverReady } = this.#faults;
    const isReady =
      neverReady === undefined &&
      this.#isConnected &&
      !this.#isOffline &&
      this.#clock.now() >= this.#backAtMs;
    return {
      session: 'rehearsal',
      state: isReady ? 'ready' : 'offline',
      since: new Date(0).toISOString(),
      whatsapp_ready: isReady,
      me: { id: ME, name: 'Me Myself' },
      browser_pid: this.#pid,
      restarts: this.#pid - 100,
      events_waiting: 0,
      ...(neverReady === undefined ? {} : { reason: neverReady }),
      compat: { page_version: '2.3000.1', ok: 1, patched: 0, broken: [] },
    };
  }

  async compat(): Promise<CompatReport> {
    const { broken } = this.#faults;
    const state = broken === undefined ? 'ok' : 'broken';
    const reason = broken === undefined ? {} : { reason: broken };
    return { took_ms: 5, capabilities: [{ capability: 'send_text', state, ...reason, kinds: ['text'] }] };
  }

  async qr() {
    return undefined;
  }

  async pairingCode(): Promise<string> {
    return 'ABCD-EFGH';
  }

  async connect(): Promise<void> {
    this.#isConnected = true;
    this.#state('ready');
  }

  async disconnect(): Promise<void> {
    this.#isConnected = false;
    this.#state('stopped');
  }

  async send(body: SendBody): Promise<SendResult> {
    const { content } = body;
    const { refuses } = this.#faults;
    if (refuses !== undefined && refuses.kind === (content?.kind ?? 'text'))
      return { isSent: false, code: refuses.code, detail: refuses.detail };
    if (this.#isOffline)
      return { isSent: false, code: 'whatsapp_not_ready', detail: 'the session is offline' };
    if (content !== undefined && 'target' in content) return this.#change(content, body.chatId);
    const known = this.#messages.find(({ stanza_id }) => stanza_id === body.stanza_id);
    const isSecond = body.retry !== undefined && this.#faults.doubles === true;
    const message = known !== undefined && !isSecond ? known : this.#add(body);
    if (body.message?.includes('killed') && body.retry === undefined) {
      this.#mayBeKilled = true;
      await new Promise<void>((resolve) => {
        this.#killed = resolve;
      });
      return {
        isSent: false,
        code: 'outcome_unknown',
        detail: `message ${message.id} may have been sent: the browser has exited`,
      };
    }
    const { id, chat_id, ack, timestamp } = message;
    return { isSent: true, answer: { success: true, messageId: id, chatId: chat_id, ack, timestamp } };
  }

  async message(id: string): Promise<WhatsAppMessage | undefined> {
    return this.#messages.find((message) => message.id === id || message.stanza_id === id);
  }

  async messages(chatId: string): Promise<readonly WhatsAppMessage[]> {
    return this.#messages.filter(({ chat_id }) => chat_id === chatId);
  }

  async look(stanzaId: string): Promise<PageLook | undefined> {
    const message = await this.message(stanzaId);
    const key = { id: 'text of 22', $1: 'text of 48' };
    const look = {
      isSendFailure: false,
      key,
      endsInOut: true,
      server: 'c.us',
      hasAlias: true,
      isFoundByText: true,
    };
    return message && { ack: message.ack, type: message.type, ...look };
  }

  async announced(stanzaId: string): Promise<void> {
    // Until the send has begun: a fake needs no time for it.
    while ((await this.message(stanzaId)) === undefined) await Promise.resolve();
  }

  async reactions(stanzaId: string): Promise<number> {
    return this.#reactions.get(stanzaId) ?? 0;
  }

  async resend(): Promise<string> {
    return 'sent, result OK';
  }

  async browserVersion(): Promise<string> {
    return '150.0.0.0';
  }

  async reload(): Promise<void> {
    if (this.#faults.losesAfterReload) this.#messages.pop();
    this.#backAtMs = this.#clock.now() + (this.#faults.awayAfterReloadMs ?? 0);
    this.#state('syncing', 'WhatsApp loads its page anew');
    this.#state('ready');
  }

  killBrowser(): void {
    if (!this.#mayBeKilled) throw new Error('it was killed too early');
    this.#pid += 1;
    this.#state('disconnected', 'the browser has exited');
    this.#killed?.();
  }

  async setOffline(isOffline: boolean): Promise<void> {
    this.#isOffline = isOffline;
    this.#state(isOffline ? 'degraded' : 'ready');
  }

  /** Somebody writes. */
  receive(from: string): void {
    const message = this.#messageOf(from, '3EB0AAAAAAAAAAAAAAAAAA', 'an answer', false, 'chat');
    this.events.take({
      ...this.#head(),
      kind: 'message',
      key: message.id,
      whatsapp_id: message.id,
      data: message,
    });
  }

  #change(content: { kind: string; target: string; text?: string }, chatId: string): SendResult {
    const target = this.#messages.find(({ stanza_id }) => stanza_id === content.target);
    if (target === undefined) return { isSent: false, code: 'not_found', detail: 'no such message' };
    if (content.kind === 'delete' && chatId === ME)
      return {
        isSent: false,
        code: 'send_refused',
        detail: `nothing was done to ${target.id}: WhatsApp does not let it`,
      };
    const { id, chat_id, stanza_id } = target;
    if (content.kind === 'reaction') this.#reactions.set(stanza_id, 1);
    if (content.kind === 'delete') Object.assign(target, { type: 'revoked' });
    if (content.kind === 'edit') Object.assign(target, { body: content.text });
    return { isSent: true, answer: { success: true, messageId: id, chatId: chat_id, ack: 1, timestamp: 1 } };
  }

  #add({ chatId, content, message: text, stanza_id = '' }: SendBody): WhatsAppMessage {
    const types = { image: 'image', audio: 'ptt', text: 'document' };
    const type =
      content?.kind === 'media'
        ? Object.entries(types).find(([begin]) => content.mimetype.startsWith(begin))?.[1]
        : 'chat';
    const stanzaId = this.#faults.ownIds ? `3EB0${'0'.repeat(17)}${this.#messages.length}` : stanza_id;
    const message = this.#messageOf(chatId, stanzaId, text ?? '', true, type ?? 'chat');
    this.#messages.push(message);
    this.events.take({
      ...this.#head(),
      kind: 'message_sent',
      key: stanzaId,
      whatsapp_id: message.id,
      data: message,
    });
    return message;
  }

  #messageOf(chatId: string, stanzaId: string, body: string, fromMe: boolean, type: string): WhatsAppMessage {
    return {
      id: `${fromMe}_${chatId}_${stanzaId}`,
      stanza_id: stanzaId,
      chat_id: chatId,
      from: fromMe ? ME : chatId,
      to: fromMe ? chatId : ME,
      from_me: fromMe,
      type,
      body,
      timestamp: 1,
      ack: 3,
      has_media: type !== 'chat',
    };
  }

  #state(state: SessionState, reason?: string): void {
    const data = { state, since: new Date(0).toISOString(), ...(reason === undefined ? {} : { reason }) };
    this.events.take({ ...this.#head(), kind: 'state', key: state, data });
  }

  #head() {
    return { session: 'rehearsal', at: new Date(0).toISOString() };
  }
}
