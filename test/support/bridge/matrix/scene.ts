import assert from 'node:assert/strict';
import { z } from 'zod';
import { type SendAnswer, sendAnswerSchema } from '../../../../services/contract/bridge.ts';
import { type CompatReport, compatReportSchema } from '../../../../services/contract/compat.ts';
import type { BridgeContent } from '../../../../services/contract/content.ts';
import type { ErrorEntry } from '../../../../services/contract/error-table/entry.ts';
import { ERRORS, type ErrorCode, isErrorCode } from '../../../../services/contract/errors.ts';
import type { BridgeEvent } from '../../../../services/contract/events.ts';
import type { PhoneMessage } from '../../../../services/sandbox/phone/journal-records.ts';
import type { Policy } from '../../../../services/sandbox/web/policy.ts';
import type { Settings } from '../../../../services/sandbox/web/settings.ts';
import { selectPage } from '../../sandbox/page-under-test.ts';
import { until } from '../../until.ts';
import { newId } from '../send-support.ts';
import type { World } from '../world.ts';
import { type Cells, EndedOtherwise } from './cells.ts';

/** A message that the bridge says to have sent, as the phone has it. */
export interface SentMessage {
  readonly answer: SendAnswer;
  readonly stanzaId: string;
  readonly message: PhoneMessage;
}

export interface SendOptions {
  readonly to?: string;
  readonly stanzaId?: string;
  /** An earlier try may have got through. */
  readonly isDoubtful?: boolean;
  /** The cell of this capability is what may become of the send; that of the contract by default. */
  readonly as?: string;
}

/** What one call of the bridge says of a message. */
export type Tried =
  | { readonly answer: SendAnswer }
  | { readonly code: ErrorCode; readonly detail: string; readonly entry: ErrorEntry };

/** One page with a bridge before it, as the contract of one capability sees it. */
export class Scene {
  readonly world: World;
  readonly capability: string;
  /** Somebody to whom no other contract writes. */
  readonly person: string;
  readonly settings: Settings;
  readonly policy: Policy;
  readonly #expected: Cells;

  constructor(world: World, page: string, capability: string, expected: Cells) {
    const number = Object.keys(expected).indexOf(capability);
    this.world = world;
    this.capability = capability;
    this.person = `155522240${String(number).padStart(2, '0')}@c.us`;
    ({ settings: this.settings, policy: this.policy } = selectPage(page));
    this.#expected = expected;
  }

  get text(): string {
    return `for ${this.capability}`;
  }

  async report(): Promise<CompatReport> {
    return compatReportSchema.parse((await this.world.call('GET', '/compat')).body);
  }

  /** Resolves when the session is ready: what another contract did may have ended the browser. */
  async ready(): Promise<void> {
    await until('the session is ready', async () => (await this.world.status()).whatsapp_ready);
  }

  /**
   * Sends as the api does: again after each failure that is not final. Where the page must let it wait, tries once. Ends the
   * contract when nothing is sent. Fails when the bridge says "sent" of a message that the server does not have, or "not
   * sent" of one that it has.
   */
  async send(content: BridgeContent, options: SendOptions = {}): Promise<SentMessage> {
    const { to = this.person, stanzaId = newId(), as = this.capability } = options;
    const mustWait = this.#expected[as] === 'waits';
    let isDoubtful = options.isDoubtful === true;
    let last: Tried | undefined;
    const tried = await until(
      `the ${content.kind} is sent ${this.text}`,
      async () => {
        last = await this.try(content, to, stanzaId, isDoubtful);
        if ('answer' in last || last.entry.isFinal || mustWait) return last;
        isDoubtful ||= last.entry.retry !== 'repeat' || last.entry.leavesDoubt === true;
        return undefined;
      },
      { more: () => JSON.stringify(last) },
    );
    if ('answer' in tried) return this.#sent(tried.answer, stanzaId, mustWait);
    const isCertain = tried.entry.isFinal === true || tried.entry.retry === 'repeat';
    if (isCertain) assert.equal(this.#find(stanzaId), undefined, `${tried.code}, and yet it is at the phone`);
    throw new EndedOtherwise(tried.entry.isFinal ? 'refused' : 'waits');
  }

  /** One call of the bridge. */
  async try(content: BridgeContent, to: string, stanzaId: string, isDoubtful = false): Promise<Tried> {
    const since = Math.floor(Date.now() / 1000) - 60;
    const retry = isDoubtful ? { retry: { since, known: [] } } : {};
    const body = { chatId: to, content, stanza_id: stanzaId, ...retry };
    const answer = await this.world.call('POST', '/send', body);
    if (answer.status === 200) return { answer: sendAnswerSchema.parse(answer.body) };
    const { code, detail } = problemSchema.parse(answer.body);
    return { code, detail, entry: ERRORS[code] };
  }

  /** A text to a stranger, as the first step of a contract. */
  sendText(text = this.text): Promise<SentMessage> {
    return this.send({ kind: 'text', text }, { as: 'send_text' });
  }

  /** Somebody writes, and the bridge reports it; gives the event. */
  async incoming(body = `to ${this.capability}`): Promise<Extract<BridgeEvent, { kind: 'message' }>> {
    await this.world.phone('incoming', { from: this.person, body });
    return this.hears('message', ({ data }) => data.body === body);
  }

  hears<K extends BridgeEvent['kind']>(
    kind: K,
    isWanted: (event: Extract<BridgeEvent, { kind: K }>) => boolean,
  ): Promise<Extract<BridgeEvent, { kind: K }>> {
    return until(`the event ${kind} comes ${this.text}`, () => this.world.api.ofKind(kind).find(isWanted));
  }

  /** The message as the phone has it now. */
  kept({ id }: Pick<PhoneMessage, 'id'>): PhoneMessage {
    const message = this.world.sandbox.phone.state.messages.get(id);
    assert.ok(message, `the phone has no ${id}`);
    return message;
  }

  async #sent(answer: SendAnswer, stanzaId: string, mustWait: boolean): Promise<SentMessage> {
    const key = answer.messageId.split('_')[2] ?? '';
    if (answer.ack > 0) {
      const message = this.#find(key);
      assert.ok(message !== undefined, `the bridge says "sent", and the phone has no ${answer.messageId}`);
      return { answer, stanzaId, message };
    }
    if (mustWait) throw new EndedOtherwise('waits');
    // The api takes it for sent once it hears of an ack.
    await this.hears('ack', ({ data }) => data.stanza_id === key && data.ack > 0);
    const message = this.#find(key);
    assert.ok(message !== undefined, `an ack came, and the phone has no ${answer.messageId}`);
    return { answer, stanzaId, message };
  }

  #find(key: string): PhoneMessage | undefined {
    return [...this.world.sandbox.phone.state.messages.values()].find((message) => message.key === key);
  }
}

const problemSchema = z.object({
  code: z.custom<ErrorCode>(isErrorCode),
  detail: z.string().default(''),
});
