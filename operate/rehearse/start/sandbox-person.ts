import { z } from 'zod';
import { exchange } from '../../../services/runtime/http/internal-call.ts';
import type { Person } from '../bridge.ts';
import { assertionOf, sharedPasskeySchema } from './sandbox-passkey.ts';

const LOOPBACK = '127.0.0.1';
const CALL_MS = 30_000;
const stateSchema = z.object({ passkey_code: z.string().nullable() });
const receivedSchema = z.array(z.object({ id: z.string(), deliveries: z.number() }));

/** The phones of the sandbox, by its HTTP control. */
export class SandboxPerson implements Person {
  readonly #port: number;
  readonly #to: string | undefined;

  constructor(port: number, to: string | undefined) {
    this.#port = port;
    this.#to = to;
  }

  async timesShown({ stanzaId }: { readonly stanzaId: string }): Promise<number> {
    const received = receivedSchema.parse(await this.#call('GET', 'messages'));
    return received.find(({ id }) => id.includes(stanzaId))?.deliveries ?? 0;
  }

  async openChat(): Promise<void> {
    return; // It is always open there.
  }

  async reply(): Promise<boolean> {
    if (this.#to === undefined) return false;
    await this.#call('POST', 'incoming', {
      from: this.#to,
      name: 'A contact',
      body: 'An answer from the sandbox',
    });
    return true;
  }

  async usePasskey({ request }: Parameters<Person['usePasskey']>[0]): Promise<string> {
    const passkey = sharedPasskeySchema.parse(await this.#call('POST', 'passkey', {}));
    return JSON.stringify({ credential: assertionOf(passkey, request) });
  }

  async showsCode(code: string): Promise<boolean> {
    return stateSchema.parse(await this.#call('GET', 'state')).passkey_code === code;
  }

  async setOffline(isOffline: boolean): Promise<void> {
    await this.#call('POST', 'misbehave', { kind: isOffline ? 'offline' : 'online' });
  }

  async #call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const address = { hostname: LOOPBACK, port: this.#port, method, path: `/sandbox/api/${path}`, headers };
    const { status, text } = await exchange(
      { ...address, agent: false },
      CALL_MS,
      body && JSON.stringify(body),
    );
    if (status !== 200) throw new Error(`the sandbox answered ${status} to ${path}`);
    return JSON.parse(text);
  }
}
