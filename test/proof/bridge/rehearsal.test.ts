import assert from 'node:assert/strict';
import { SANDBOX_SWITCHES } from '../../../config/sandbox-page.ts';
import type { Report } from '../../../operate/rehearse/report.ts';
import { runRehearsal } from '../../support/operate/rehearse/run-rehearsal.ts';

const ARGS = ['--to', '15550100199', '--yes', '--stand-by', '0.1', '--offline', '5'];
const SHOWN_TWICE = /^different: the phone shows the message 2 times$/;

interface Row {
  readonly page: string;
  readonly args?: readonly string[];
  /** What is not as expected, by step. */
  readonly differs?: Readonly<Record<string, RegExp>>;
  /** Facts of steps, as JSON. */
  readonly facts?: Readonly<Record<string, RegExp>>;
}

/** Each row runs the whole command on a page that is harder on the kit, and says what differs then. */
const ROWS: readonly Row[] = [
  { page: '2026-06' },
  { page: '2026-08' },
  // Everything slow or in another place that may be so at once.
  {
    page: [
      '2026-09,lidChats,onboarding,debugDelayMs=-1,late=WAWebCallCollection,lateMs=3000,busyMs=500,storeMs=300',
      'bootDelayMs=500,openingMs=500,pairMs=500,syncMs=1000,historyMs=3000,qrEveryMs=1000,logoutNavMs=500',
      'addMs=200,previewMs=300,uploadMs=500,serverAckMs=500,deviceAckMs=500,readAckMs=500,playedAckMs=500',
    ].join(','),
  },
  { page: '2026-09,lidChats,offlineDeliveryMs=20000' },
  { page: '2026-09,passkey,passkeyCode', facts: { link: /"asked_for_passkey":true/ } },
  // The reload some minutes after the link, here after 15 s.
  {
    page: '2026-09,pairReloadMs=15000',
    args: ['--only', 'text,stand-by', '--stand-by', '0.5'],
    facts: { 'stand-by': /"reloads":1,/ },
  },
  // The server takes a second stanza for another message: what the kit cannot prevent is told.
  {
    page: '2026-09,lidChats,deliversDuplicates,offlineDeliveryMs=2000,serverAckMs=500',
    differs: {
      'same-id': SHOWN_TWICE,
      // Whether the first stanza had arrived when the browser was killed is a matter of milliseconds.
      kill: /^(?:as expected|different: the phone shows the message 2 times)$/,
    },
  },
  {
    page: '2026-09,resist',
    args: ['--only', 'compat,text'],
    differs: {
      compat: /^different: broken: chosen_ids/,
      text: /^(?:different: the message has another id than the kit has chosen|failed: .*page_incompatible)/,
    },
  },
];

/** Switches that no row has, with the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  deaf: 'the session is never ready then: test/system/bridge',
  unsupported: 'the session is never ready then: test/system/bridge',
  qrCount: 'the page shows no code after so many: test/system/bridge',
  without: 'the capability is broken: test/unit/bridge/page/compat',
  withoutExports: 'the capability is broken: test/unit/bridge/page/compat',
  mode: 'the server refuses sends: test/system/bridge/send',
  usyncError: 'the server refuses to look numbers up: test/system/bridge/send',
  version: 'a text that the page reports',
};

describe('gatehouse rehearse, on pages that are harder on the kit', function () {
  // A minute and a half each on an idle machine; only a rehearsal that hangs takes this long.
  this.timeout(900_000);
  for (const { page, args = ARGS, differs = {}, facts = {} } of ROWS)
    it(`finds nothing but what it should: ${page}`, async () => {
      const { report, screen } = await runRehearsal(args, page);
      assert.equal(report.is_whole, true, screen);
      for (const { step, outcome } of report.steps) {
        const expected = differs[step] ?? (args === ARGS ? /^as expected$/ : /^(?:as expected|not tried)/);
        assert.match(outcome, expected, `${step}\n${screen}\n${details(report, step)}`);
      }
      for (const [step, expected] of Object.entries(facts))
        assert.match(details(report, step), expected, screen);
    });

  it('has each switch of the sandbox, or a reason why not', () => {
    const tried = ROWS.flatMap(({ page }) => page.split(',').map((text) => text.split('=')[0]));
    const missing = Object.keys(SANDBOX_SWITCHES).filter(
      (name) => !tried.includes(name) && LEFT_OUT[name] === undefined,
    );
    assert.deepEqual(missing, []);
  });
});

function details({ link, steps }: Report, name: string): string {
  return JSON.stringify(name === 'link' ? link : steps.find(({ step }) => step === name)?.facts);
}
