import request from 'supertest';
import type { Page } from '../../../services/sandbox/phone/connected-pages.ts';
import type { Phone } from '../../../services/sandbox/phone/phone.ts';
import type { WireMessage } from '../../../services/sandbox/web/wire.ts';
import { newFolder, recordOf, SandboxFolder } from './sandbox-folder.ts';

/** The default phone, and another one. */
export const A = '15550001111';
export const B = '15557770000';
export const TO = '15552220000@c.us';
export const GROUP = '120363000000000001@g.us';
/** The server answers at once; no recipient does before a test says so. */
export const ANSWERS_AT_ONCE = { serverAckMs: 0, deviceAckMs: -1, readAckMs: -1 };

/** A message as a page of the kit sends it; its key is its text too. */
export function sent(key: string, chat_id = TO): WireMessage {
  const id = `true_${chat_id}_${key}`;
  return { id, key, from_me: true, chat_id, type: 'chat', body: key, t: 1, ack: 0, add: key, details: {} };
}

/** A page that is connected to the server, without a browser, and what the server told it. */
export interface Tab {
  readonly page: Page;
  readonly told: readonly Record<string, unknown>[];
}

export function incomingOf({ told }: Tab): readonly unknown[] {
  return told.flatMap(({ cmd, messages }) => (cmd === 'incoming' && Array.isArray(messages) ? messages : []));
}

export function acksOf({ told }: Tab): readonly unknown[] {
  return told.filter(({ cmd }) => cmd === 'acks').map(({ items }) => items);
}

export function bodiesOf(rows: readonly unknown[]): readonly unknown[] {
  return rows.map((row) => recordOf(row).body);
}

/** A sandbox whose phones scan the codes of pages that no browser shows. */
export class PhonesWorld extends SandboxFolder {
  #tabCount = 0;

  static override async open(): Promise<PhonesWorld> {
    const world = new PhonesWorld(await newFolder());
    await world.startSandbox({ policy: ANSWERS_AT_ONCE });
    return world;
  }

  get phone(): Phone {
    return this.running.phone;
  }

  connect(): Tab {
    const told: Record<string, unknown>[] = [];
    this.#tabCount += 1;
    const page: Page = this.phone.pages.connect(`tab ${this.#tabCount}`, (data) => {
      const command = recordOf(data);
      told.push(command);
      if (typeof command.n === 'number') page.answered(command.n);
    });
    return { page, told };
  }

  /** A new page that this phone has scanned, and that is up. */
  async link(phone: string, more: object = {}): Promise<Tab> {
    const tab = this.connect();
    this.phone.links.codeShown(tab.page, 'code');
    await this.control('scan', { phone, ...more });
    this.phone.welcome(tab.page);
    return tab;
  }

  /** The rows of a list, or the one answer as a list. */
  async rows(path: string): Promise<Record<string, unknown>[]> {
    const { body } = await request(this.origin).get(`/sandbox/api/${path}`).expect(200);
    return Array.isArray(body) ? body.map(recordOf) : [recordOf(body)];
  }

  async restart(): Promise<void> {
    await this.running.close();
    await this.startSandbox({ policy: ANSWERS_AT_ONCE });
  }
}
