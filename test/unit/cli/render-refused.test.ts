import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CliCopy } from '../../support/cli/cli-copy.ts';

describe('gatehouse render, with a platform that is refused', () => {
  let copy: CliCopy;
  const render = (...args: string[]) => copy.run(['render', ...args]);

  before(() => {
    copy = new CliCopy();
    const declaration = copy.path('config/deployment.ts');
    const text = readFileSync(declaration, 'utf8');
    const without = text.replace(/^ *heroku: \{.*\},\n/m, '');
    assert.notEqual(without, text);
    writeFileSync(declaration, without);
  });
  after(() => copy[Symbol.dispose]());

  it('fails the check while its old files lie there, with the reasons on stderr', async () => {
    const { status, stdout, stderr } = await render('--check');
    assert.equal(status, 1, stderr);
    assert.equal(
      stdout,
      ['heroku.yml', 'app.json']
        .map((file) => `${file} is left of a platform that is refused: run make render\n`)
        .join(''),
    );
    assert.match(stderr, /^heroku cannot run this kit as it is declared:\n {2}.*DATABASE_URL.*\n {2}.*login/);
    assert.ok(existsSync(copy.path('heroku.yml')), 'a check changes nothing');
  });

  it('removes them when it writes, and is content afterwards', async () => {
    const { status, stdout, stderr } = await render();
    assert.deepEqual([status, stdout], [0, 'removed heroku.yml\nremoved app.json\n']);
    assert.match(stderr, /^heroku cannot run/);
    assert.ok(!existsSync(copy.path('heroku.yml')) && existsSync(copy.path('fly.toml')));
    const checked = await render('--check');
    assert.deepEqual([checked.status, checked.stdout], [0, '']);
    assert.match(checked.stderr, /^heroku cannot run/);
  });

  it('names a rendered file that somebody has edited', async () => {
    writeFileSync(copy.path('fly.toml'), 'app = "mine"\n');
    const { status, stdout } = await render('--check');
    assert.deepEqual([status, stdout], [1, 'fly.toml is not what the schema says: run make render\n']);
  });
});
