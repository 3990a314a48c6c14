import assert from 'node:assert/strict';
import type { Report } from '../../../operate/rehearse/report.ts';
import { runRehearsal } from '../../support/operate/rehearse/run-rehearsal.ts';

const ARGS = ['--to', '15550100199', '--yes', '--stand-by', '0.1', '--offline', '5'];

/** Each line runs the whole command on a page that is harder on the kit, and says what differs then. */
const PAGES: readonly { readonly page: string; readonly differs: Readonly<Record<string, RegExp>> }[] = [
  { page: '2026-06', differs: {} },
  { page: '2026-08', differs: {} },
  { page: '2026-09,lidChats,offlineDeliveryMs=2000,storeMs=200', differs: {} },
  // The server takes a second stanza for another message: what the kit cannot prevent is told.
  {
    page: '2026-09,lidChats,deliversDuplicates,offlineDeliveryMs=2000,serverAckMs=500',
    differs: { 'same-id': /^different: the phone shows the message 2 times$/ },
  },
];

describe('gatehouse rehearse, on pages that are harder on the kit', () => {
  for (const { page, differs } of PAGES)
    it(`finds nothing but what it should: ${page}`, async () => {
      const { report, screen } = await runRehearsal(ARGS, page);
      assert.equal(report.is_whole, true, screen);
      for (const { step, outcome } of report.steps)
        assert.match(
          outcome,
          differs[step] ?? /^as expected$/,
          `${step}\n${screen}\n${details(report, step)}`,
        );
    });
});

function details({ steps }: Report, name: string): string {
  return JSON.stringify(steps.find(({ step }) => step === name)?.facts, null, 1);
}
