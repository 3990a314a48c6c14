import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { TerminalPerson } from '../../../../../operate/rehearse/start/terminal-person.ts';

function personAt(isThere = true) {
  const input = new PassThrough();
  const stop = new AbortController();
  const said: string[] = [];
  const person = new TerminalPerson({
    isThere,
    signal: stop.signal,
    input,
    output: new PassThrough(),
    say: (text) => void said.push(text),
    interrupt: () => stop.abort(),
  });
  return { person, input, stop, said };
}

const CHALLENGE = { request: { challenge: 'AA', rpId: 'whatsapp.com' } } as const;
const MESSAGE = { stanzaId: '3EB0', label: 'a text' };

describe('the person at the terminal', () => {
  it('counts what the phone shows, and may not know', async () => {
    for (const [typed, times] of [
      ['2\n', 2],
      ['\n', undefined],
      ['many\n', undefined],
    ] as const) {
      const { person, input } = personAt();
      const answer = person.timesShown(MESSAGE);
      input.write(typed);
      assert.equal(await answer, times, typed);
    }
  });

  it('gives no answer at the end of the input, in place of waiting for ever', async () => {
    const { person, input } = personAt();
    const answer = person.confirms('Sure?');
    input.end();
    assert.equal(await answer, false);
  });

  it('leaves an open question at Ctrl-C', async () => {
    const { person, stop } = personAt();
    const answer = person.timesShown(MESSAGE);
    stop.abort();
    await assert.rejects(answer, { name: 'AbortError' });
  });

  it('is asked nothing where nobody is', async () => {
    const { person, said } = personAt(false);
    assert.equal(await person.reply(), false);
    assert.equal(await person.confirms('Sure?'), false);
    assert.equal(await person.usePasskey({ ...CHALLENGE, snippet: 'x' }), undefined);
    assert.deepEqual(said, []);
  });

  it('gets the snippet for the passkey, and brings the line that it prints', async () => {
    const { person, input, said } = personAt();
    const answer = person.usePasskey({ ...CHALLENGE, snippet: '(async () => 1)()' });
    input.write(`{"credential":"${'x'.repeat(5_000)}"}\n`);
    assert.equal((await answer)?.length, 5_017);
    assert.match(said[0] ?? '', /web\.whatsapp\.com[\s\S]*\(async \(\) => 1\)\(\)/);
  });
});
