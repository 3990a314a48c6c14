import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const LEFT_OUT = ['node_modules', '.git', 'test', 'data', 'coverage', '.cache'];

describe('gatehouse render, with a platform that is refused', () => {
  const copy = mkdtempSync(join(tmpdir(), 'gatehouse-render-'));
  const render = (...args: string[]) =>
    spawnSync(process.execPath, [join(copy, 'bin/gatehouse.js'), 'render', ...args], {
      cwd: copy,
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });

  before(() => {
    cpSync(ROOT, copy, {
      recursive: true,
      filter: (path) => !LEFT_OUT.some((name) => path === join(ROOT, name)),
    });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const declaration = join(copy, 'config/deployment.ts');
    const text = readFileSync(declaration, 'utf8');
    const without = text.replace(/^ *heroku: \{.*\},\n/m, '');
    assert.notEqual(without, text);
    writeFileSync(declaration, without);
  });
  after(() => rmSync(copy, { recursive: true }));

  it('fails the check while its old files lie there, with the reasons on stderr', () => {
    const { status, stdout, stderr } = render('--check');
    assert.equal(status, 1, stderr);
    assert.equal(
      stdout,
      ['heroku.yml', 'app.json']
        .map((file) => `${file} is left of a platform that is refused: run make render\n`)
        .join(''),
    );
    assert.match(stderr, /^heroku cannot run this kit as it is declared:\n {2}.*DATABASE_URL.*\n {2}.*login/);
    assert.ok(existsSync(join(copy, 'heroku.yml')), 'a check changes nothing');
  });

  it('removes them when it writes, and is content afterwards', () => {
    const { status, stdout, stderr } = render();
    assert.deepEqual([status, stdout], [0, 'removed heroku.yml\nremoved app.json\n']);
    assert.match(stderr, /^heroku cannot run/);
    assert.ok(!existsSync(join(copy, 'heroku.yml')) && existsSync(join(copy, 'fly.toml')));
    const checked = render('--check');
    assert.deepEqual([checked.status, checked.stdout], [0, '']);
    assert.match(checked.stderr, /^heroku cannot run/);
  });

  it('names a rendered file that somebody has edited', () => {
    writeFileSync(join(copy, 'fly.toml'), 'app = "mine"\n');
    const { status, stdout } = render('--check');
    assert.deepEqual([status, stdout], [1, 'fly.toml is not what the schema says: run make render\n']);
  });
});
