import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMissing, runCommand } from '../../../../deploy/shipping/command.ts';
import { until } from '../../../support/kit/kit.ts';

const place = { folder: tmpdir(), environment: { PATH: process.env.PATH } };

describe('a command of a deploy', () => {
  it('is given its words, its environment and its input as they are', async () => {
    const script = 'cat; printf "%s|" "$@"; printf "$NAME" >&2';
    const words = ['$(id)', '; rm', "it's", ''];
    const outcome = await runCommand(
      { argv: ['sh', '-c', script, 'sh', ...words], env: { NAME: 'value' }, input: 'in\n' },
      place,
    );
    assert.equal(outcome.code, 0);
    assert.equal(outcome.stdout, "in\n$(id)|; rm|it's||");
    assert.ok(outcome.output.includes('value'));
  });

  it('ends as its program does: by a code, by a signal, or since there is none', async () => {
    assert.equal((await runCommand({ argv: ['sh', '-c', 'exit 7'] }, place)).code, 7);
    assert.equal((await runCommand({ argv: ['sh', '-c', 'kill -9 $$'] }, place)).code, 128 + 9);
    const missing = await runCommand({ argv: ['no-such-program-anywhere'] }, place);
    assert.ok(isMissing(missing));
    assert.ok(
      isMissing(await runCommand({ argv: ['no-such-program-anywhere'], input: 'x'.repeat(1e6) }, place)),
    );
  });

  it('may end without reading its input, and may say more than is kept', async () => {
    const input = 'x'.repeat(2 * 1024 ** 2);
    assert.equal((await runCommand({ argv: ['sh', '-c', 'exit 0'], input }, place)).code, 0);
    const long = await runCommand(
      { argv: ['sh', '-c', 'head -c 9000000 /dev/zero | tr "\\0" a; echo end'] },
      place,
    );
    assert.equal(long.stdout.length, 4 * 1024 ** 2);
    assert.match(long.stdout, /aend\n$/);
  });

  it('is ended when the deploy is interrupted, with all that it has started', async () => {
    const file = join(tmpdir(), `gatehouse-command-${process.pid}`);
    const interruption = new AbortController();
    const outcome = runCommand(
      { argv: ['sh', '-c', `sleep 60 & echo $! > ${file}; wait`] },
      { ...place, signal: interruption.signal },
    );
    const child = await until('it has started a process', () => Number(readOr(file, '0').trim()), 10_000);
    interruption.abort();
    assert.equal((await outcome).code, 128 + 15);
    await until('that process has ended', () => !isAlive(child), 10_000);
    rmSync(file);
    assert.equal(
      (await runCommand({ argv: ['sleep', '60'] }, { ...place, signal: interruption.signal })).code,
      143,
    );
  });
});

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
