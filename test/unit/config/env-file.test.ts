import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, type Loaded, loadConfig } from '#config';

const empty = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
const load = (env: Record<string, string> = {}, commandLine = {}, folder = empty): Loaded =>
  loadConfig({ env, commandLine, folder });

after(() => rmSync(empty, { recursive: true }));

describe('config, of a .env file with slips', () => {
  const inFile = (text: string | Buffer): string => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
    writeFileSync(join(folder, '.env'), text);
    try {
      load({}, {}, folder);
      return '';
    } catch (error) {
      return error instanceof ConfigError ? error.message : String(error);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const cases: [string | Buffer, RegExp][] = [
    ['PORT 9101\n', /^\.env cannot be used \(line 1 is no NAME=value\)/],
    ['# fine\n\nport=9101\n', /^port is "9101", but nothing reads it: did you mean PORT\?/],
    ['POTR=9101\n', /^POTR is .* did you mean PORT\?/],
    // What was meant for a secret is one, and these lines go to logs.
    ['API_KEY=x\n', /^API_KEY is set, but nothing reads it: did you mean API_KEYS\?/],
    [Buffer.from('PORT=9101\n', 'utf16le'), /^\.env cannot be used \(it is not UTF-8 text/],
  ];
  for (const [text, expected] of cases)
    it(`refuses ${JSON.stringify(String(text))}`, () => assert.match(inFile(text), expected));

  for (const text of [
    '\uFEFF# comment\r\nexport PORT="9101"\r\n',
    "HOST=x\nTZ=UTC\nNODE_ENV=production\nTEXT='two\nlines'\n",
  ]) {
    it(`takes ${JSON.stringify(text)}`, () => assert.equal(inFile(text), ''));
  }
});
