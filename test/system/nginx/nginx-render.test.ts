import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { findNginx } from '#config';
import { fillTemplate, inPattern, literal, quoted } from '../../../nginx/template.ts';
import { DIFFERENCES } from '../../../services/gate/contract/gate-differences.ts';

describe('a template of nginx', () => {
  it('is filled in every place', () => {
    assert.equal(fillTemplate('a {{ONE}} b {{TWO}} {{ONE}}', { ONE: '1', TWO: '{{2}}' }), 'a 1 b {{2}} 1');
  });

  it('has no place without a value, and no value without a place', () => {
    assert.throws(
      () => fillTemplate('{{ONE}} {{TWO}}', { ONE: '1' }),
      /\{\{TWO\}\}, for which there is no value/,
    );
    assert.throws(() => fillTemplate('{{ONE}}', { ONE: '1', TWO: '2' }), /no place for TWO/);
  });

  it('takes no text that nginx would read as a variable, or a line of its own', () => {
    assert.throws(() => literal('a$b'), /variable/);
    assert.throws(() => quoted('a\nb'), /control character/);
  });

  it('gives nginx each text unchanged, however it is quoted', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-quoted-'));
    const text = fc
      .string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' })
      .filter((it) => !it.includes('$'));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (texts) => {
        const maps = texts.map(
          (it, at) => `map $uri $v${at} { default "${literal(it)}"; "~${inPattern(it)}" 1; }`,
        );
        const config = join(folder, 'nginx.conf');
        writeFileSync(config, `pid "${folder}/pid"; events {} http { access_log off; ${maps.join('\n')} }`);
        const { stderr } = spawnSync(findNginx('') ?? 'nginx', ['-t', '-q', '-e', 'stderr', '-c', config], {
          encoding: 'utf8',
        });
        assert.equal(stderr, '');
      }),
      { numRuns: 20 },
    );
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('the differences between the gates', () => {
  it('are each shown by a test', () => {
    const folder = new URL('../../', import.meta.url);
    const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
      .join('\n');
    const shown = (name: string) =>
      new RegExp(`differs(?:<[^>]*>)?\\(\\s*'${name}'|: \\['${name}', \\d`).test(tests);
    assert.deepEqual(
      Object.keys(DIFFERENCES).filter((name) => !shown(name)),
      [],
    );
  });
});
