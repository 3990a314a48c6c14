import assert from 'node:assert/strict';
import { STEPS } from '../../../../operate/rehearse/steps.ts';
import { runRehearsal } from '../../../support/operate/rehearse/run-rehearsal.ts';

const TO = '15550100199';
/** The number of the sandbox, its name, and what is in every id of a message. */
const PRIVATE = [TO, '15550001111', 'Sandbox User', '3EB0', 'An answer from the sandbox', 'A contact'];

describe('gatehouse rehearse, on the sandbox', () => {
  it('takes every step, and writes both files without anything private', async () => {
    const args = ['--to', TO, '--yes', '--stand-by', '0.05', '--offline', '3'];
    const { exitCode, screen, report, markdown } = await runRehearsal(args);
    assert.equal(exitCode, 0, screen);
    const outcomes = report.steps.map(({ step, outcome }) => [step, outcome]);
    assert.deepEqual(
      outcomes,
      STEPS.map(({ name }) => [name, 'as expected']),
      screen,
    );
    assert.equal(report.is_real, false);
    assert.equal(report.is_whole, true);
    for (const { title } of STEPS) assert.ok(screen.includes(title) && markdown.includes(title), title);
    for (const one of PRIVATE)
      assert.ok(!JSON.stringify(report).includes(one) && !markdown.includes(one), one);

    const facts = Object.fromEntries(report.steps.map(({ step, facts: found }) => [step, found]));
    assert.equal(facts.text?.id_as_chosen, true);
    assert.equal(facts.kill?.times_shown_on_phone, 1);
    assert.equal(facts.offline?.times_in_chat, 1);
    assert.equal(facts.recipient?.replies, 1);
    assert.match(String(report.versions.page_version), /^2\.3000\.\d+$/);
  });

  it('writes what it has at Ctrl-C', async () => {
    let isSent = false;
    const { exitCode, screen, report } = await runRehearsal(
      ['--only', 'text,stand-by', '--stand-by', '60'],
      undefined,
      (printed, signal) => {
        if (isSent || !/ 8\/10 .*\n/.test(printed)) return;
        isSent = true;
        signal('SIGINT');
      },
    );
    assert.equal(exitCode, 1, screen);
    assert.equal(report.is_whole, false);
    const outcomeOf = (name: string) => report.steps.find(({ step }) => step === name)?.outcome;
    assert.equal(outcomeOf('text'), 'as expected', screen);
    assert.equal(outcomeOf('stand-by'), 'not tried: interrupted');
  });
});
