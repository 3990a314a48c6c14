import assert from 'node:assert/strict';
import { KitCopy } from '../../support/kit/kit-copy.ts';

const FILE = 'config/settings/gate.ts';
const BEFORE = '    holdMs: setting({';
const ENTRY = `    mood: setting({
      doc: 'How the gate feels.',
      env: 'GATE_MOOD',
      format: ['calm', 'stern'],
      default: 'calm',
      profileDefault: (profile) => (profile === 'local' ? 'calm' : 'stern'),
      group: GATE,
    }),
`;

/** Passes the type check only where `mood` is exactly one of the two texts. */
const TYPES = `import { type Config, loadConfig } from './index.ts';

const { mood } = loadConfig().config.gate;
export const isStern: boolean = mood === 'stern';
export const moods: Record<Config['gate']['mood'], number> = { calm: 1, stern: 2 };
// @ts-expect-error: the gate has no such mood
export const isSad: boolean = mood === 'sad';
`;

describe('config, with one more setting', () => {
  const copy = new KitCopy();
  before(() => {
    const withEntry = copy.read(FILE).replace(BEFORE, () => ENTRY + BEFORE);
    copy.write(FILE, withEntry);
  });
  after(() => copy[Symbol.dispose]());

  it('has its type from its entry alone', () => {
    copy.write('config/types.own.ts', TYPES);
    assert.equal(copy.checkTypes('config'), '');
  });

  it('has its value, by variable, profile and default', () => {
    const shown = (...args: readonly string[]) =>
      /^GATE_MOOD .*$/m.exec(copy.run('config', ...args).stdout)?.[0];
    assert.match(shown() ?? '', /^GATE_MOOD +calm +default$/);
    assert.match(shown('--gate-mood', 'stern') ?? '', /^GATE_MOOD +stern +command line$/);
    assert.match(shown('--gatehouse-profile', 'custom', '--gate-host', '127.0.0.1') ?? '', /stern +profile$/);
    assert.match(
      copy.run('config', '--gate-mood', 'sad').stderr,
      /^GATE_MOOD \(gate\.mood\) is "sad": must be one of/m,
    );
  });

  it('has its row in .env.example and in the README', () => {
    assert.equal(copy.run('render').status, 0);
    assert.match(copy.read('.env.example'), /^# How the gate feels\.\n#GATE_MOOD=calm$/m);
    assert.match(
      copy.read('README.md'),
      /^\| Gate \| `GATE_MOOD` \| .*`calm`.* \| How the gate feels\. \|$/m,
    );
  });
});
