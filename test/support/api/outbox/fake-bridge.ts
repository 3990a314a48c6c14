import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { resolveBodySchema, type SendBody, sendBodySchema } from '../../../../services/contract/bridge.ts';
import type { CapabilityState } from '../../../../services/contract/compat.ts';
import { ERRORS, type ErrorCode, isErrorCode } from '../../../../services/contract/errors.ts';
import { type Account, type Person, personOf } from '../../../../services/contract/person.ts';
import { closeServer, listen } from '../../../../services/runtime/http/listen.ts';
import { wrongFields } from '../../../../services/runtime/http/request-validation.ts';

/** What the bridge does with one call of POST /send. */
export type Behaviour =
  | 'send'
  /** The phone gets it, and the connection breaks before the answer. */
  | 'send-then-break'
  /** The connection breaks before anything was sent. */
  | 'break'
  /** The phone gets it and WhatsApp's server does not acknowledge. */
  | 'send-without-ack'
  | 'hang'
  | ErrorCode;

/** A bridge over HTTP that keeps its contract on `retry`, with a phone behind it, and fails as the test says. */
export class FakeBridge {
  readonly calls: SendBody[] = [];
  /** What reached the phone, in order: one entry a time that it was sent. */
  readonly phone: { id: string; chatId: string; text: string }[] = [];
  readonly acked = new Set<string>();
  isReady = true;
  /** The account that the page has. As the bridge does, it refuses what belongs to another one. */
  me: Account | undefined;
  /** From which account each message went out, by id. */
  readonly sentFrom = new Map<string, string | undefined>();
  chats: string[] = [];
  /** Who is behind an id. Any other id is its own address. */
  readonly directory = new Map<string, { readonly chatId: string; readonly person: Person } | 'absent'>();
  /** The ids that were asked for, in order. */
  readonly resolveCalls: string[] = [];
  /** What `POST /resolve` fails with. */
  resolveError: ErrorCode | undefined;
  /** What the page breaks, as `GET /compat` says it. */
  broken: CapabilityState[] = [];
  /** Reports asked for. */
  compatCalls = 0;
  /** Statuses asked for. */
  statusCalls = 0;
  behave: (body: SendBody, call: number) => Behaviour | Promise<Behaviour> = () => 'send';
  /** The text of a problem. */
  detailOf = (code: ErrorCode): string => `because of ${code}`;
  /** Replaces the result of a look for an earlier attempt. */
  look: (body: SendBody) => Behaviour | undefined = () => undefined;
  /** How many bodies it refused by the contract, as the bridge does. */
  refused = 0;
  port = 0;
  #server: Server | undefined;

  async goUp(): Promise<this> {
    const server = createServer(async (request, response) => {
      const answer = (status: number, body: object) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      const problem = (code: ErrorCode) => answer(ERRORS[code].status, { code, detail: this.detailOf(code) });
      if (request.url === '/status') {
        this.statusCalls += 1;
        return answer(200, {
          session: 'default',
          state: this.isReady ? 'ready' : 'qr',
          since: new Date().toISOString(),
          whatsapp_ready: this.isReady,
          ...(this.isReady && this.me !== undefined ? { me: this.me } : {}),
          restarts: 0,
          events_waiting: 0,
        });
      }
      if (request.url === '/compat') {
        this.compatCalls += 1;
        return answer(200, { tested_at: new Date().toISOString(), capabilities: this.broken });
      }
      if (request.url?.startsWith('/chats'))
        return answer(200, {
          chats: this.chats.map((id) => ({
            id,
            name: id,
            is_group: false,
            unread_count: 0,
            archived: false,
          })),
        });
      if (request.url === '/resolve') {
        const { chatId, account } = resolveBodySchema.parse(await json(request));
        this.resolveCalls.push(chatId);
        if (!this.isReady) return problem('whatsapp_not_ready');
        if (this.#isOfAnother(account)) return problem('account_changed');
        if (this.resolveError !== undefined) return problem(this.resolveError);
        const entry = this.#entryOf(chatId);
        if (entry === 'absent') return problem('recipient_not_on_whatsapp');
        return answer(200, { success: true, ...entry, isAsked: true });
      }
      const parsed = sendBodySchema.safeParse(await json(request));
      if (!parsed.success) {
        this.refused += 1;
        const detail = wrongFields(parsed.error)
          .map(({ field, message }) => `${field}: ${message}`)
          .join('; ');
        return answer(400, { code: 'body_invalid', detail });
      }
      const body = parsed.data;
      this.calls.push(body);
      if (!this.isReady) return problem('whatsapp_not_ready');
      if (this.#isOfAnother(body.account)) return problem('account_changed');
      const id = body.stanza_id ?? '';
      const found = this.phone.some((message) => message.id === id);
      const entry = this.#entryOf(body.chatId);
      const about = entry === 'absent' ? { chatId: body.chatId } : entry;
      const done = (ack: number) =>
        answer(200, {
          success: true,
          messageId: `true_${about.chatId}_${id}`,
          ...about,
          ack,
          timestamp: 1,
        });
      const looked = body.retry === undefined ? undefined : this.look(body);
      if (looked === 'hang') return;
      if (looked === 'break') return request.socket.destroy();
      if (looked !== undefined) return isErrorCode(looked) ? problem(looked) : done(0);
      if (body.retry !== undefined && found) return done(this.acked.has(id) ? 1 : 0);
      if (body.retry?.only_look === true) return problem('not_found');
      const behaviour = await this.behave(body, this.calls.length);
      const send = () => {
        const text =
          body.content?.kind === 'text' ? body.content.text : (body.message ?? body.content?.kind ?? '');
        this.phone.push({ id, chatId: body.chatId, text });
        this.sentFrom.set(id, this.me?.id);
      };
      switch (behaviour) {
        case 'send':
          send();
          this.acked.add(id);
          return done(1);
        case 'send-without-ack':
          send();
          return done(0);
        case 'send-then-break':
          send();
          this.acked.add(id);
          return request.socket.destroy();
        case 'break':
          return request.socket.destroy();
        case 'hang':
          return;
        default:
          return problem(behaviour);
      }
    });
    this.port = await listen(server, this.port, '127.0.0.1');
    this.#server = server;
    return this;
  }

  #isOfAnother(account: string | undefined): boolean {
    return account !== undefined && this.me !== undefined && account !== this.me.id;
  }

  #entryOf(chatId: string): { chatId: string; person: Person | undefined } | 'absent' {
    return this.directory.get(chatId) ?? { chatId, person: personOf(chatId) };
  }

  async goDown(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await closeServer(server, 0);
  }

  textsOf(chatId: string): string[] {
    return this.phone.filter((message) => message.chatId === chatId).map(({ text }) => text);
  }
}
