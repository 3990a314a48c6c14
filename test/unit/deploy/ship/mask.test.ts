import assert from 'node:assert/strict';
import fc from 'fast-check';
import { showCommand } from '../../../../deploy/shipping/command.ts';
import { mask, maskLines, secretTexts } from '../../../../deploy/shipping/mask.ts';

const secret = fc.string({ minLength: 8, maxLength: 40, unit: fc.constantFrom(...'abAB01\'"\\$ `%!=#\n;&') });
const word = fc.string({ maxLength: 20, unit: fc.constantFrom(...'xyz\'"\\$ `*?\n~()|<>{}') });

describe('a command that is shown', () => {
  it('hides a secret whole, also within another and across another', () => {
    assert.equal(mask('a 12345678 b', ['12345678']), 'a *** b');
    assert.equal(mask('12345678abc', ['12345678', '12345678abc']), '***');
    assert.equal(mask('12345678abcdefgh.', ['12345678abcd', '8abcdefgh']), '***.');
    assert.equal(mask('aaaa', ['aa']), '***');
    assert.equal(mask('as it is', ['']), 'as it is');
  });

  it('never holds a secret, however it is to be quoted, in arguments and in the environment', () => {
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 3 }), word, word, (secrets, before, after) => {
        const shown = showCommand(
          {
            argv: ['program', ...secrets.map((each) => `${before}${each}${after}`)],
            env: { NAME: secrets.join('') },
            input: secrets.join('\n'),
          },
          secrets,
        );
        for (const each of secrets) assert.ok(!shown.includes(each), shown);
        // Nor torn apart by the quotes of a shell.
        const bare = shown.replaceAll("'\\''", "'");
        for (const each of secrets) assert.ok(!bare.includes(each), shown);
      }),
    );
  });

  it('hides each of several keys and the password of a URL, but not half of every line', () => {
    const texts = secretTexts({
      API_KEYS: `k9f86d081884c7d659a2feaa,x`,
      DATABASE_URL: 'postgres://me:p%40ssword9@db/kit',
    });
    const shown = mask(`k9f86d081884c7d659a2feaa x p@ssword9 p%40ssword9 db`, texts);
    assert.equal(shown, '*** x *** *** db');
    assert.deepEqual(secretTexts({ ODD: 'postgres://me:100%percent@db' }).includes('100%percent'), true);
  });

  it('hides a secret that comes in pieces', () => {
    let shown = '';
    const lines = maskLines(['secret-of-mine'], (text) => {
      shown += text;
    });
    for (const piece of ['one secr', 'et-of-mi', 'ne two\nthree', ' secret-of-mine']) lines.push(piece);
    lines.end();
    assert.equal(shown, 'one *** two\nthree ***');
  });
});
