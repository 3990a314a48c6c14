import assert from 'node:assert/strict';
import { toMarkdown } from '../../../../operate/rehearse/markdown.ts';
import { type Fact, Findings } from '../../../../operate/rehearse/outcome.ts';
import { ownWords } from '../../../../operate/rehearse/own-words.ts';
import { PrivateWords, publish } from '../../../../operate/rehearse/publish.ts';
import { toReport } from '../../../../operate/rehearse/report.ts';

const NUMBER = '4915112345678';
const LID = '123456789012345@lid';
const STANZA = '3EB0C750BD0171D3B63A9E';
const NAME = "Zoë O'Reilly-$(rm) | [x](y)";
const BODY = 'Meet me at "the bank": 12 Elm St. | </details> `code`\nsecond line';

/** Whatever of these is in a file has leaked. */
const PRIVATE = [
  NUMBER,
  '15112345678',
  '123456789012345',
  STANZA,
  NAME,
  "O'Reilly",
  BODY,
  'the bank',
  'Elm St',
  'second line',
];
const HOSTILE = [
  ...[
    NUMBER,
    LID,
    STANZA,
    NAME,
    BODY,
    NAME.split(' ')[1] ?? '',
    'second line',
    `+${NUMBER}`,
    '+49 (151) 1234-5678',
  ],
  ...[`/home/${NAME}/data`, `wss://${NUMBER}.example/`, `true_${NUMBER}@c.us_${STANZA}`],
];

function secretsOf(): PrivateWords {
  const secrets = new PrivateWords();
  secrets.add(`${NUMBER}@c.us`, NAME, STANZA, `true_${LID}_${STANZA}_out`);
  const data = {
    id: `true_${NUMBER}@c.us_${STANZA}`,
    stanza_id: STANZA,
    chat_id: LID,
    from: `${NUMBER}@c.us`,
    to: LID,
    sender_name: NAME,
    from_me: false,
    type: 'chat',
    body: BODY,
    timestamp: 1,
    ack: 1,
    has_media: false,
  };
  const head = { session: 's', at: new Date().toISOString(), whatsapp_id: data.id };
  secrets.learn({ ...head, key: 'k', kind: 'message', data });
  return secrets;
}

function holdsNothingPrivate(text: string): void {
  for (const one of PRIVATE)
    assert.ok(!text.toLowerCase().includes(one.toLowerCase()), `${one} is in ${text}`);
}

describe('what a rehearsal publishes', () => {
  it('holds no number, name, id or body in either file, wherever one comes up', () => {
    const findings = new Findings();
    for (const [index, text] of HOSTILE.entries()) {
      findings.fact(`fact_${index}`, text);
      findings.fact(text, { [text]: [text, { deep: `it is ${text} here`, [`x${text}`]: 1 }] });
      findings.fact(`_${index}_version`, text);
      findings.differs(`before ${text} behind`);
      findings.fails(`failed with "${text}"`);
    }
    findings.fact('number', Number(NUMBER));
    const secrets = secretsOf();
    const rehearsed = {
      isReal: true,
      isWhole: true,
      versions: { page_version: NUMBER, browser_version: NAME, system: BODY },
      link: { failed: `of ${NAME}, ${LID}` },
      steps: [{ name: 'text', title: 'a text', outcome: findings.outcome, seconds: 1 }],
    };
    const report = toReport(rehearsed, secrets);
    holdsNothingPrivate(JSON.stringify(report));
    holdsNothingPrivate(toMarkdown(report));
  });

  it('hides what looks like a number, an id or an address also when nobody has told of it', () => {
    const none = new PrivateWords();
    const hidden = {
      'call +1 (555) 010-0199 now': 'call [number] now',
      'for 15550100199@c.us': 'for [address]',
      'message 3EB0C750BD0171D3B63A9E is late': 'message [id] is late',
      'in /var/lib/someone/x': 'in [path]',
      'it said "hello "dear" friend" then': 'it said [text] then',
      'by Zoë': 'by Zo[text]',
    } as const;
    for (const [text, expected] of Object.entries(hidden)) assert.equal(publish(text, none), expected);
  });

  it('keeps versions, names of fields, counts and the words of the kit', () => {
    const facts: Fact = {
      page_version: '2.3000.1047775310',
      key: { $1: 'text of 44', _serialized: 'text of 44', fromMe: 'boolean' },
      states: ['syncing (WhatsApp loads its page anew)', 'ready'],
      answered_after_ms: 120_000,
      broken: 'WAWebResendMsgAction.resendMsg is no function',
    };
    assert.deepEqual(publish(facts, secretsOf()), facts);
  });

  it('does not hide a name within another word', () => {
    const secrets = new PrivateWords();
    secrets.add('Ann');
    assert.equal(publish('Ann cannot be required', secrets), '[hidden] cannot be required');
    assert.equal(publish('the channel of ann', secrets), 'the channel of [hidden]');
  });

  it('does not take a word of its own for a part of a name', () => {
    const secrets = new PrivateWords();
    secrets.add('Joe Phone');
    const fact = { times_shown_on_phone: 'the phone shows it; Phone shows it; joe phone shows it' };
    assert.deepEqual(publish(fact, secrets), {
      times_shown_on_phone: 'the phone shows it; [hidden] shows it; [hidden] shows it',
    });
  });
});

describe('the own words of the kit', () => {
  it('end where it passes on the words of others', () => {
    assert.equal(
      ownWords('nothing was sent: WhatsApp Web failed with "Hello Bob"'),
      'nothing was sent: WhatsApp Web failed with',
    );
    assert.equal(ownWords('whatsapp-web.js failed: Bob said'), 'whatsapp-web.js failed');
    assert.equal(
      ownWords('the connection to WhatsApp is down (OPENING)'),
      'the connection to WhatsApp is down (OPENING)',
    );
  });

  it('are followed by an error of the page that names nobody', () => {
    const text =
      'nothing was sent: WhatsApp Web failed with "TypeError: Data passed to getter must include an id property, Bob"';
    assert.equal(
      ownWords(text),
      'nothing was sent: WhatsApp Web failed with (Data passed to getter must include an id property)',
    );
    assert.equal(
      ownWords("it threw: Cannot read properties of undefined (reading 'msgs') of Bob"),
      "it threw (Cannot read properties of undefined (reading 'msgs'))",
    );
  });
});
