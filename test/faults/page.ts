import type { Fault } from './fault.ts';

const HELD = 'test/conformance/api/outbox/page-incompatible.test.ts';
const FAILED = 'test/unit/bridge/send/send-failed.test.ts';

/** Faults in what the kit makes of WhatsApp's page: the ends of sends, the clocks of the session, and a page that has changed. */
export const faults: readonly Fault[] = [
  {
    name: 'The bridge takes a number in the words of the page for the code of a refusal',
    kind: 'unsafe comparison',
    file: 'services/bridge/send/refusals.ts',
    text: 'if (code === REACH_OUT_TIMELOCK)',
    replacement: 'if (JSON.stringify(word).includes(String(REACH_OUT_TIMELOCK)))',
    tests: [
      {
        file: 'test/unit/bridge/send/refusals.test.ts',
        title: 'is read as data: a number in a text or a count is no code',
      },
    ],
  },
  {
    name: 'A message fails for good when the account may begin no more new chats for now',
    kind: 'wrong state',
    file: 'services/bridge/send/refusals.ts',
    text: 'if (code === NEW_CHATS_CAPPED || errorCode === CAPPED)',
    replacement: 'if (code === REACH_OUT_TIMELOCK)',
    tests: [
      {
        file: 'test/unit/bridge/send/refusals.test.ts',
        title: 'no more new chats, of which only the message tells',
      },
      { file: FAILED, title: 'by the page when asked again: cap-new-chats' },
    ],
  },
  {
    name: 'The bridge sends a failed message under another id instead of letting the page try it again',
    kind: 'retry too many',
    file: 'services/bridge/send/pipeline.ts',
    text: 'failed === undefined ? undefined : await this.#resender.resend(pending, failed);',
    replacement: 'undefined;',
    tests: [{ file: FAILED, title: 'by the page when asked again: fail-network' }],
  },
  {
    name: 'Without a retry of the page, a message that the server might have is sent under another id',
    kind: 'retry too many',
    file: 'services/bridge/send/resender.ts',
    text: 'if (isRefused) return undefined;',
    replacement: 'return undefined;',
    tests: [
      {
        file: FAILED,
        title: 'fails with the reason where the page has no retry, and the server might have it',
      },
    ],
  },
  {
    name: 'A deletion counts as done before the page shows it',
    kind: 'swallowed error',
    file: 'services/bridge/send/actions.ts',
    text: 'if (await sends.revoke(id, notAfter, account)) return;',
    replacement: 'await sends.revoke(id, notAfter, account);\n    if (notAfter > 0) return;',
    tests: [
      {
        file: 'test/unit/bridge/send/send-changes.test.ts',
        title: 'is outcome_unknown for a deletion that the page does not show in time',
      },
    ],
  },
  {
    name: 'The watchdog misses acknowledgements while WhatsApp still delivers what waited',
    kind: 'wrong state',
    file: 'services/bridge/watchdog/offline-delivery.ts',
    text: 'this.#isOver = isEnd !== false ||',
    replacement: 'this.#isOver = isEnd !== undefined ||',
    tests: [
      {
        file: 'test/unit/bridge/watchdog/offline-delivery.test.ts',
        title: 'waits with its clock, says so, and takes no step',
      },
    ],
  },
  {
    name: 'The bridge loads the history of a phone that was linked just now',
    kind: 'wrong state',
    file: 'services/bridge/events/backfill.ts',
    text: 'await this.#lookBack(browser, run, quietMs === 0);',
    replacement: 'await this.#lookBack(browser, run, true);',
    tests: [
      {
        file: 'test/unit/bridge/events/backfill.test.ts',
        title: 'tells what the page holds right after a phone was linked, and lets it load the rest later',
      },
    ],
  },
  {
    name: 'A restart of the page soon after the link counts as the reload that WhatsApp Web makes itself',
    kind: 'unsafe comparison',
    file: 'services/bridge/events/pairing.ts',
    text: 'loadedAt < this.#at + Math.min(RELOAD_S, this.#quietS)',
    replacement: 'loadedAt < this.#at',
    tests: [
      {
        file: 'test/unit/bridge/events/pairing.test.ts',
        title: 'goes on in the next process, where a login is only restored',
      },
    ],
  },
  {
    name: 'A look into a chat goes on while the page gives the same messages again',
    kind: 'unbounded wait',
    file: 'services/bridge/page/earlier-messages.ts',
    text: 'repeats = fresh.length === 0 ? repeats + 1 : 0;',
    replacement: 'repeats = 0;',
    tests: [
      {
        file: 'test/unit/bridge/page/endless-pages.test.ts',
        title: 'ends the list of messages when it gives what it holds already',
      },
    ],
  },
  {
    name: 'The bridge passes on an assertion for a passkey that another site has made',
    kind: 'unsafe comparison',
    file: 'services/bridge/session/passkey/check.ts',
    text: 'client.origin !== PASSKEY_ORIGIN || client.crossOrigin === true',
    replacement: 'client.crossOrigin === true',
    tests: [
      { file: 'test/unit/bridge/session/passkey/check.test.ts', title: 'made at the kit’s own origin' },
      { file: 'test/unit/bridge/session/passkey/check.test.ts', title: 'made at a host that looks like it' },
    ],
  },
  {
    name: 'A page that breaks one kind of message holds all of them',
    kind: 'wrong state',
    file: 'services/contract/compat.ts',
    text: "row.state === 'broken' && row.kinds.some((kind) => kinds.includes(kind))",
    replacement: "row.state === 'broken'",
    tests: [
      {
        file: 'test/unit/bridge/compat-tester.test.ts',
        title: 'refuses the kinds that need what is broken, and no other',
      },
      { file: HELD, title: 'wait with their reason while those behind them go on' },
    ],
  },
  {
    name: 'A message that turned out to be unsent goes to a page that breaks its kind',
    kind: 'wrong state',
    file: 'services/api/outbox/page-compat.ts',
    text: '  const reason = whyHeld(message, broken);\n  if (reason !== undefined) return reason;\n',
    replacement: '',
    tests: [{ file: HELD, title: 'are held, too, when they turned out to be unsent after the last look' }],
  },
  {
    name: 'A reply waits on after the held message that it answers was canceled',
    kind: 'unbounded wait',
    file: 'services/api/outbox/compat-watch.ts',
    text: 'if (unbound.length > 0) {',
    replacement: 'if (unbound.length > 1_000) {',
    tests: [{ file: HELD, title: 'let what refers to them end at once when they are canceled' }],
  },
  {
    name: 'A reaction overtakes the look for the message that it refers to',
    kind: 'wrong state',
    file: 'services/api/outbox/page-compat.ts',
    text: '    .where(stateIs.open)\n    .where(isSetAside)\n    .executeTakeFirst();',
    replacement: '    .where(stateIs.unsent)\n    .where(isSetAside)\n    .executeTakeFirst();',
    tests: [
      { file: HELD, title: 'hold what refers to one that may have been sent, until it turns out to be sent' },
    ],
  },
];
