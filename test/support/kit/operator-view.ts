import assert from 'node:assert/strict';
import { runCli } from '../cli/run-cli.ts';
import type { ReceivedMessage } from './answers.ts';
import type { Kit } from './kit.ts';

/** What the owner of a kit without keys sees of its WhatsApp: the status, `/health`, the doctor and the log. */
export class OperatorView {
  readonly #kit: Kit;

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  async status(): Promise<{ state: string; reason?: string; restarts: number }> {
    return this.#get('/api/whatsapp/status');
  }

  /** Makes the stand-in do this. */
  async misbehave(kind: string, more: object = {}): Promise<void> {
    const answer = await this.#kit.post('/sandbox/api/misbehave', { kind, ...more });
    assert.equal(answer.status, 200, await answer.text());
  }

  stateBecomes(state: string): Promise<unknown> {
    return this.#kit.until(`the state is ${state}`, async () => (await this.status()).state === state);
  }

  /** Resolves when the status and `/health` both say that the session is in one of these states for this reason. */
  async says(states: readonly string[], reason: RegExp): Promise<void> {
    const isSaid = (state: string, text = '') => states.includes(state) && reason.test(text);
    await this.#kit.until(`the status says ${reason}`, async () => {
      const { state, reason: text } = await this.status();
      return isSaid(state, text);
    });
    await this.#kit.until(`/health says ${reason}`, async () => {
      const { whatsapp, whatsapp_ready } = await this.#kit.health();
      return isSaid(whatsapp.state, whatsapp.reason) && !whatsapp_ready;
    });
  }

  /** Resolves when the status has no reason: a part of the page that loads late may leave one for a while. */
  isWithoutReason(): Promise<unknown> {
    return this.#kit.until(
      'the status has no reason',
      async () => (await this.status()).reason === undefined,
    );
  }

  /** The report of `gatehouse doctor URL`. */
  async doctor(): Promise<string> {
    return (await runCli(['doctor', this.#kit.origin])).stdout;
  }

  /** Sends a text. Resolves with the id when it is accepted. */
  async send(chatId: string, message: string): Promise<string> {
    const body = { chat_id: chatId, message };
    const answer = await this.#kit.post('/api/whatsapp/send', body, { prefer: 'respond-async' });
    assert.equal(answer.status, 202);
    const { id }: { id: string } = await answer.json();
    return id;
  }

  async message(id: string): Promise<{ status: string; reason?: string; error?: { code: string } }> {
    return this.#get(`/api/whatsapp/messages/${id}`);
  }

  /** Resolves when WhatsApp has the message; asserts that it was sent and delivered once. */
  async isSentOnce(id: string, body: string): Promise<void> {
    await this.#kit.until(`"${body}" is sent`, async () =>
      ['sent', 'delivered', 'read'].includes((await this.message(id)).status),
    );
    const got = await this.#kit.until(`the phone has "${body}"`, async () => {
      const copies = (await this.#kit.received()).filter((message) => message.body === body);
      return copies.length > 0 && copies;
    });
    assert.deepEqual(
      got.map(({ adds, deliveries }: ReceivedMessage) => [adds, deliveries]),
      [[1, 1]],
    );
  }

  async #get<T>(path: string): Promise<T> {
    return (await fetch(`${this.#kit.origin}${path}`)).json();
  }
}
