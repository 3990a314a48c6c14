import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toMarkdown } from '../../../../operate/rehearse/markdown.ts';
import { Findings } from '../../../../operate/rehearse/outcome.ts';
import { PrivateWords, publish } from '../../../../operate/rehearse/publish.ts';
import { toReport } from '../../../../operate/rehearse/report.ts';

const SEED = 13;

const text = (alphabet: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const number = text('123456789', 7, 15);
/** A word that no sentence of the kit has. */
const core = text(LETTERS, 3, 8).map((letters) => `qzx${letters}`);
/** What people call themselves: forms of keys, ids, code, markup, other scripts, signs that cannot be seen. */
const NAMES: readonly ((word: string) => string)[] = [
  (word) => word,
  (word) => word.toUpperCase(),
  (word) => `key_${word}`,
  (word) => `$1_${word}`,
  (word) => `${word}: text of 22`,
  (word) => `__proto__ ${word}`,
  (word) => `"${word}" | \`x\` </details>`,
  (word) => `Zoë ${word} 🙂`,
  (word) => `\u202e${word}\u200b 王`,
  (word) => `${word}\nfailed: ${word}`,
  (word) => `[${word}](https://x)`,
  (word) => `${word}12345@lid`,
];
const SPOKEN: readonly ((text: string) => string)[] = [
  (said) => said,
  (said) => `before ${said} behind`,
  (said) => `nothing was sent to ${said}: it failed`,
  (said) => `true_${said}_out`,
  (said) => `(${said})`,
  (said) => `'${said}'`,
];

describe('what a rehearsal publishes of people with hostile names', () => {
  it(`holds nothing of them, wherever it comes up (seed ${SEED})`, () => {
    const person = fc.record({
      word: core,
      name: fc.constantFrom(...NAMES),
      number,
      lid: text('123456789', 15),
    });
    const told = fc.constantFrom(...SPOKEN);
    const stanza = text('0123456789ABCDEF', 18).map((hex) => `3EB0${hex}`);
    fc.assert(
      fc.property(person, told, stanza, ({ word, name, number: digits, lid }, say, id) => {
        const secrets = new PrivateWords();
        secrets.add(`${digits}@c.us`, `${lid}@lid`, name(word), id);
        const findings = new Findings();
        for (const one of [name(word), digits, `${lid}@lid`, id, `true_${digits}@c.us_${id}`]) {
          findings.fact('value', say(one));
          findings.fact(one, { [one]: [say(one)] });
          findings.fact('page_version', say(one));
          findings.differs(say(one));
          findings.fails(say(one));
        }
        const report = toReport(
          {
            isReal: true,
            isWhole: true,
            versions: { system: say(name(word)) },
            link: { failed: say(id) },
            steps: [{ name: 'text', title: 'a text', outcome: findings.outcome, seconds: 1 }],
          },
          secrets,
        );
        const published = (JSON.stringify(report) + toMarkdown(report)).toLowerCase();
        for (const secret of [word, digits, lid, id.toLowerCase()])
          assert.ok(!published.includes(secret), `${secret} is in ${published}`);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it(`holds no number that nobody has told of, however it is written (seed ${SEED})`, () => {
    const between = fc.constantFrom('', ' ', '-', '.', '\u00a0', '\u2011', ' (', ') ', '/', '_', '\u200b');
    const digit = fc.constantFrom(...'0123456789', ...'０１２３４５６７８９');
    const written = fc.array(fc.tuple(digit, between), { minLength: 7, maxLength: 15 });
    fc.assert(
      fc.property(written, fc.constantFrom(...SPOKEN), (pieces, say) => {
        const given = pieces.map((piece) => piece.join('')).join('');
        const published = String(publish(say(given), new PrivateWords()));
        assert.ok(published.replace(/\D/g, '').length < 6, `${given} became ${published}`);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it(`holds no id and no token that nobody has told of (seed ${SEED})`, () => {
    const id = fc.oneof(
      text('0123456789ABCDEF', 18).map((hex) => `3EB0${hex}`),
      fc.uuid(),
      text(`${LETTERS}0123456789-_`, 43).map((token) => `0${token}`),
    );
    fc.assert(
      fc.property(id, fc.constantFrom(...SPOKEN), (secret, say) => {
        const published = String(publish(say(secret), new PrivateWords()));
        assert.ok(!published.includes(secret), `${secret} is in ${published}`);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('holds no host, no address of one, no folder and no user of this machine', () => {
    const secrets = new PrivateWords();
    secrets.addMachine(['bobs-laptop', 'bob', '/home/bob']);
    const hidden = {
      'getaddrinfo ENOTFOUND proxy.corp.example': 'getaddrinfo ENOTFOUND [host]',
      'connect ECONNREFUSED 10.0.0.5:443': 'connect ECONNREFUSED [address]:443',
      'connect to fe80::1 failed': 'connect to [address] failed',
      'by NAS.Local and bobs-laptop of bob': 'by [host] and [hidden] of [hidden]',
      'no space in /home/Zoë Smith/data, give more': 'no space in [path], give more',
      'in C:\\Users\\Zoë Smith\\data': 'in [path]',
    };
    for (const [said, expected] of Object.entries(hidden)) assert.equal(publish(said, secrets), expected);
  });

  it('keeps its own words when somebody is called like one, so that nobody can tell', () => {
    const secrets = new PrivateWords();
    secrets.add('Ready', 'A contact', 'failed');
    const fact = {
      send_contact: 'ok',
      states: ['ready'],
      reason: 'failed: web.whatsapp.com and whatsapp-web.js',
    };
    assert.deepEqual(publish(fact, secrets), fact);
  });
});
