import assert from 'node:assert/strict';
import { createContext, runInContext } from 'node:vm';
import { z } from 'zod';
import {
  answerPasskey,
  HOLD_PASSKEY_CALL,
  IS_PASSKEY_ASKED,
  READ_PASSKEY,
  readPasskey,
  START_PASSKEY,
} from '../../../../services/bridge/page/life/passkey.ts';
import { assertion, CHALLENGE } from '../../../support/passkey.ts';
import { until } from '../../../support/until.ts';

type Get = (options: object) => Promise<unknown>;

/** What the page reads of a credential: `WAWebShortcakeLinkingPasskeyPrologue` (jigger@0fbd5e1a). */
const bytes = z.instanceof(ArrayBuffer);
const credentialSchema = z.object({
  type: z.literal('public-key'),
  rawId: bytes,
  response: z.object({
    clientDataJSON: bytes,
    authenticatorData: bytes,
    signature: bytes,
    userHandle: bytes,
  }),
});

const CHALLENGE_BYTES = new Uint8Array(Buffer.from(CHALLENGE, 'base64url')).buffer;
const LOGIN = {
  challenge: CHALLENGE_BYTES,
  rpId: 'whatsapp.com',
  timeout: 60_000,
  extensions: { uvm: true },
};

/** A page with the parts of WhatsApp Web that the script asks, and a browser without a passkey. */
class PasskeyPage {
  isRegistered = false;
  readonly modules: Record<string, unknown> = {
    WAWebUserPrefsMultiDevice: { isRegistered: () => this.isRegistered },
    WAWebShortcakeLinkingApi: {
      getShortcakeLinkingStage: () => 'NotStarted',
      getVerificationCode: () => null,
    },
  };
  readonly credentials: { get: Get } = { get: async () => 'from the browser' };
  /** By how much the page's clock is ahead. */
  aheadMs = 0;
  readonly #context: object;

  constructor() {
    const window: Record<string, unknown> = {
      require: (name: string) => {
        if (this.modules[name] === undefined) throw new Error(`Requiring unknown module "${name}"`);
        return this.modules[name];
      },
    };
    window.top = window;
    const navigator = { credentials: this.credentials };
    const globals = { window, navigator, atob, btoa, crypto, setTimeout, clearTimeout, DOMException };
    const ahead = () => this.aheadMs;
    class PageDate extends Date {
      static override now(): number {
        return Date.now() + ahead();
      }
    }
    this.#context = createContext({ ...globals, Uint8Array, ArrayBuffer, Date: PageDate });
    this.run(HOLD_PASSKEY_CALL);
  }

  run(source: string): unknown {
    return runInContext(source, this.#context);
  }

  get challenge() {
    return readPasskey(JSON.parse(JSON.stringify(this.run(READ_PASSKEY)))).challenge;
  }
}

describe('bridge, the call of the page for a passkey', () => {
  let page: PasskeyPage;
  beforeEach(() => {
    page = new PasskeyPage();
  });

  it('is held, and ends with the assertion in the form of a credential', async () => {
    const call = page.credentials.get({ publicKey: LOGIN });
    const { challenge } = page;
    assert.deepEqual(challenge?.request, {
      challenge: CHALLENGE,
      rpId: 'whatsapp.com',
      timeout: 60_000,
      extensions: { uvm: true },
    });
    assert.equal(page.run(IS_PASSKEY_ASKED), true);
    assert.equal(page.run(answerPasskey('another challenge', assertion())), false);
    assert.equal(page.run(answerPasskey(challenge?.id ?? '', assertion())), true);
    const given = await call;
    const credential = credentialSchema.parse(given);
    assert.equal(credential.type, 'public-key');
    assert.equal(Buffer.from(credential.rawId).toString(), 'id');
    assert.equal(Buffer.from(credential.response.userHandle).toString(), 'user');
    assert.deepEqual(JSON.parse(JSON.stringify(given)).response, assertion().response);
    assert.equal(page.challenge, undefined);
    assert.equal(page.run(answerPasskey(challenge?.id ?? '', assertion())), false);
  });

  it('goes to the browser for another site, for a password, and in a page that is linked', async () => {
    const { get } = page.credentials;
    for (const options of [{ publicKey: { ...LOGIN, rpId: 'web.whatsapp.com' } }, { password: true }])
      assert.equal(await get(options), 'from the browser');
    page.isRegistered = true;
    assert.equal(await get({ publicKey: LOGIN }), 'from the browser');
  });

  it('ends when the page aborts it, when its time is over, and when the page asks again', async () => {
    const abort = new AbortController();
    const aborted = page.credentials.get({ publicKey: LOGIN, signal: abort.signal });
    abort.abort();
    await assert.rejects(aborted, { name: 'AbortError' });
    await assert.rejects(page.credentials.get({ publicKey: { ...LOGIN, timeout: 5 } }), {
      name: 'NotAllowedError',
    });
    const first = page.credentials.get({ publicKey: LOGIN });
    const second = page.credentials.get({ publicKey: LOGIN });
    await assert.rejects(first, { name: 'AbortError' });
    page.run(answerPasskey(page.challenge?.id ?? '', assertion()));
    await second;
  });

  it('is asked of the page once at a time, and a failure of the page is kept for the user', async () => {
    let started = 0;
    page.modules.WAWebShortcakeLinkingAction = {
      startShortcakePasskeyPairing: async () => {
        started += 1;
        throw new Error('the server refused it');
      },
    };
    page.run(START_PASSKEY);
    page.run(START_PASSKEY);
    assert.equal(started, 1);
    const error = () => readPasskey(JSON.parse(JSON.stringify(page.run(READ_PASSKEY)))).last_error;
    await until('the failure', () => error() === 'the server refused it');
    delete page.modules.WAWebShortcakeLinkingAction;
    await until('another start', () => {
      page.run(START_PASSKEY);
      return /has no WAWebShortcakeLinkingAction/.test(error() ?? '');
    });
  });

  it('is asked again of a page that hangs, and of one whose phone did not go on', async () => {
    const ends: (() => void)[] = [];
    page.modules.WAWebShortcakeLinkingAction = {
      startShortcakePasskeyPairing: () => new Promise<void>((resolve) => ends.push(resolve)),
    };
    const error = () => readPasskey(JSON.parse(JSON.stringify(page.run(READ_PASSKEY)))).last_error;
    page.run(START_PASSKEY);
    page.aheadMs = 59_000;
    page.run(START_PASSKEY);
    assert.equal(ends.length, 1);
    page.aheadMs = 120_000;
    page.run(START_PASSKEY);
    assert.equal(ends.length, 2);
    assert.equal(error(), 'the page did not ask for the passkey in time');
    ends[1]?.();
    await until('the end of the second', () => error() === undefined);
    page.run(START_PASSKEY);
    assert.equal(ends.length, 3);
    assert.equal(error(), 'the phone did not complete the link in time');
  });
});
