import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { Pairing } from '../../../../services/bridge/events/pairing.ts';

const QUIET_MS = 600_000;
const nowS = () => Date.now() / 1000;

describe('bridge, the time after a phone was linked', () => {
  let dir: string;
  let path: string;
  let pairing: Pairing;
  const newPairing = (quietMs = QUIET_MS) => new Pairing(path, quietMs, pino({ level: 'silent' }));
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'gatehouse-pairing-'));
    path = join(dir, 'paired.json');
    pairing = newPairing();
  });
  afterEach(async () => {
    await pairing.close();
    rmSync(dir, { recursive: true });
  });
  /** As an earlier process noted it, so many seconds ago. */
  const noteLink = (agoS: number) => writeFileSync(path, JSON.stringify({ at: Math.floor(nowS()) - agoS }));

  it('is quiet after a code was shown and a login made, and not after a login was restored', async () => {
    pairing.linking();
    assert.equal(await pairing.quietForMs(nowS()), 0);
    pairing.codeShown();
    pairing.linking();
    const quietMs = await pairing.quietForMs(nowS());
    assert.ok(quietMs > QUIET_MS - 60_000 && quietMs <= QUIET_MS, String(quietMs));
  });

  it('goes on in the next process, where a login is only restored', async () => {
    pairing.codeShown();
    pairing.linking();
    await pairing.close();
    pairing = newPairing();
    pairing.linking();
    assert.ok((await pairing.quietForMs(nowS())) > 0);
  });

  it('is over with the reload of the page, some five minutes later, and forgotten', async () => {
    noteLink(400);
    assert.ok((await pairing.quietForMs(nowS() - 395)) > 0, 'the load of the link');
    assert.ok((await pairing.quietForMs(nowS() - 300)) > 0, 'a restart soon after the link');
    assert.equal(await pairing.quietForMs(nowS() - 100), 0, 'the reload');
    await pairing.close();
    assert.ok(!existsSync(path));
  });

  it('is over after its time when the page does not reload', async () => {
    noteLink(601);
    assert.equal(await pairing.quietForMs(nowS() - 600), 0);
  });

  it('is not there where it lasts no time', async () => {
    pairing = newPairing(0);
    pairing.codeShown();
    pairing.linking();
    assert.equal(await pairing.quietForMs(nowS()), 0);
  });
});
