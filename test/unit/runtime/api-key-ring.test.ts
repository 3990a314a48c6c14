import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, readApiKeys } from '#config';
import { KitError } from '../../../services/contract/errors.ts';
import { ApiKeyRing } from '../../../services/runtime/http/api-key-ring.ts';
import { apiKeyCheck } from '../../../services/runtime/http/api-keys.ts';
import { createLog } from '../../../services/runtime/log.ts';

const makeKey = (name: string) => `${name}-${randomBytes(24).toString('hex')}`;
const OF_SETTING = makeKey('setting');
const FIRST = makeKey('first');
const SECOND = makeKey('second');

describe('keys of API_KEYS_FILE', () => {
  let folder: string;
  let path: string;
  let lines: string[];
  let nowMs: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-keys-'));
    path = join(folder, 'keys');
    lines = [];
    nowMs = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (text: string, mode = 0o600) => {
    // As a careful editor does it: in one step, by another file.
    writeFileSync(`${path}.new`, text);
    chmodSync(`${path}.new`, mode);
    renameSync(`${path}.new`, path);
  };
  const open = (env: Record<string, string> = {}) => {
    const { config } = loadConfig({ env: { API_KEYS_FILE: path, ...env }, folder });
    const log = createLog('api', 'info', { write: (line) => lines.push(line) });
    const ring = new ApiKeyRing(config, log, () => nowMs);
    const check = apiKeyCheck(ring);
    const passes = (key?: string) => {
      try {
        check(key === undefined ? {} : { authorization: `Bearer ${key}` });
        return true;
      } catch (error) {
        if (error instanceof KitError) return false;
        throw error;
      }
    };
    return {
      passes,
      aSecondLater: () => {
        nowMs += 1_000;
      },
    };
  };

  it('open the api beside those of API_KEYS, and rotate without a restart', () => {
    write(`# the shop\n${FIRST}\n\n  # until May\n`);
    const { passes, aSecondLater } = open({ API_KEYS: OF_SETTING });
    assert.deepEqual([OF_SETTING, FIRST, SECOND].map(passes), [true, true, false]);
    write(`${FIRST}\r\n${SECOND}\r\n`);
    aSecondLater();
    assert.deepEqual([OF_SETTING, FIRST, SECOND].map(passes), [true, true, true]);
    write(`${SECOND}\n`);
    aSecondLater();
    assert.deepEqual([OF_SETTING, FIRST, SECOND].map(passes), [true, false, true]);
    assert.match(lines.join(''), /API_KEYS_FILE has changed: 3 keys open the api now/);
    assert.ok(![FIRST, SECOND, OF_SETTING].some((key) => lines.join('').includes(key)));
  });

  it('are looked at once a second at most', () => {
    write(FIRST);
    const { passes, aSecondLater } = open();
    write(SECOND);
    nowMs = 999;
    assert.deepEqual([FIRST, SECOND].map(passes), [true, false]);
    aSecondLater();
    assert.deepEqual([FIRST, SECOND].map(passes), [false, true]);
  });

  const WRONG: readonly (readonly [what: string, spoil: () => void, says: RegExp])[] = [
    ['is gone', () => rmSync(path), /ENOENT/],
    [
      'is a folder',
      () => {
        rmSync(path);
        mkdirSync(path);
      },
      /it is no file: name a file/,
    ],
    ['is empty, as while an editor writes it', () => write(''), /it holds no key: write one a line/],
    ['holds comments only', () => write('# none\n'), /it holds no key/],
    [
      'holds a key that is too short',
      () => write(`${SECOND}\nshort\n`),
      /line 2 is no key: .*openssl rand -hex 24/,
    ],
    ['holds a list in one line', () => write(`${FIRST},${SECOND}`), /line 1 is no key/],
    ['holds a key twice', () => write(`${SECOND}\n${SECOND}\n`), /line 2 is a key that an earlier line has/],
    [
      'can be written by others',
      () => write(SECOND, 0o622),
      /its mode is 622, so that others can write.*chmod 600/,
    ],
    [
      'can be read by others',
      () => write(SECOND, 0o644),
      /its mode is 644, so that every user of this machine/,
    ],
  ];
  for (const [what, spoil, says] of WRONG)
    it(`stay as they were when the file ${what}, and the log says so once, with the remedy`, () => {
      write(FIRST);
      const { passes, aSecondLater } = open();
      spoil();
      for (let count = 0; count < 3; count += 1) {
        aSecondLater();
        assert.deepEqual(
          [FIRST, SECOND, undefined].map((key) => passes(key)),
          [true, false, false],
        );
      }
      assert.equal(lines.length, 1, lines.join(''));
      assert.match(lines[0] ?? '', says);
      assert.ok(!lines.join('').includes(SECOND));
      rmSync(path, { recursive: true, force: true });
      write(SECOND);
      aSecondLater();
      assert.deepEqual([FIRST, SECOND].map(passes), [false, true]);
    });

  it('let nobody pass while the file was wrong from the start and API_KEYS is not set', () => {
    const { passes, aSecondLater } = open();
    assert.deepEqual(
      [FIRST, undefined].map((key) => passes(key)),
      [false, false],
    );
    write(FIRST);
    aSecondLater();
    assert.deepEqual(
      [FIRST, undefined].map((key) => passes(key)),
      [true, false],
    );
  });

  it('must not be guessed where others can call', () => {
    write('ab'.repeat(12));
    const { passes } = open({ GATE_HOST: '0.0.0.0', API_KEYS: OF_SETTING });
    assert.equal(passes('ab'.repeat(12)), false);
    assert.match(lines.join(''), /line 1 is a key that can be guessed/);
  });

  it('may be in a file that all of a container can read, as platforms mount secrets', () => {
    write(FIRST, 0o444);
    const { passes } = open({ GATEHOUSE_PROFILE: 'docker' });
    assert.equal(passes(FIRST), true);
  });

  it('are those with which this machine calls a kit, where API_KEYS is not set', () => {
    write(`${FIRST}\n${SECOND}\n`);
    assert.deepEqual(readApiKeys({ API_KEYS_FILE: path }, folder), [FIRST, SECOND]);
    assert.deepEqual(readApiKeys({ API_KEYS_FILE: 'keys', API_KEYS: OF_SETTING }, folder), [
      OF_SETTING,
      FIRST,
      SECOND,
    ]);
  });

  it('make a gate that binds more than loopback possible without API_KEYS', () => {
    write(FIRST);
    const env = { GATE_HOST: '0.0.0.0' };
    assert.throws(() => loadConfig({ env, folder }), /API_KEYS .*must be set/);
    assert.equal(loadConfig({ env: { ...env, API_KEYS_FILE: path }, folder }).config.apiKeysFile, path);
  });
});
