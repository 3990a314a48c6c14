import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { within } from '../../../../services/bridge/deadline.ts';
import type { PrepareBrowser } from '../../../../services/bridge/session/browser-opener.ts';
import { lockProfile } from '../../../../services/bridge/session/profile-lock.ts';
import { Session } from '../../../../services/bridge/session/session.ts';
import type { SessionObserver } from '../../../../services/bridge/session/status.ts';
import { LIMITS } from '../../../support/bridge/limits.ts';
import { until } from '../../../support/until.ts';

const ENOUGH_MS = 10_000;
/** Between two tries. */
const PAUSES = { firstMs: 20, mostMs: 100 };

/** Claims the profile for a browser that never starts: each try fails, and the session goes on to the next. */
const prepareNone: PrepareBrowser = async (_settings, profile) => {
  await profile.claim();
  throw new Error('there is no browser');
};

const SILENT: SessionObserver = {
  state: () => undefined,
  qr: () => undefined,
  inbound: () => undefined,
  pageReady: () => undefined,
  pageAway: () => undefined,
};

describe('bridge, a session that is told several things at once', () => {
  let dir: string;
  let profileDir: string;
  let session: Session;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'gatehouse-session-'));
    profileDir = join(dir, 'session-test');
    mkdirSync(profileDir);
    session = new Session(
      {
        session: 'test',
        sessionsDir: dir,
        browserPath: '/nowhere',
        headless: true,
        limits: LIMITS,
        pauses: () => PAUSES,
        log: pino({ level: 'silent' }),
      },
      SILENT,
      prepareNone,
    );
  });
  afterEach(async () => {
    await session.stop('the test is over');
    assert.ok(!existsSync(`${profileDir}.owner`), 'the profile is still locked');
    rmSync(dir, { recursive: true, force: true });
  });

  it('keeps its lock when it is started amid a logout', async () => {
    for (let round = 1; round <= 5; round += 1) {
      mkdirSync(profileDir, { recursive: true });
      const loggedOut = session.logout();
      session.start();
      await within(ENOUGH_MS, loggedOut, 'the logout');
      await until('a try to start', () => session.status.state === 'disconnected');
      assert.throws(() => lockProfile(profileDir), /in use by/, `round ${round}`);
      await session.stop('another round');
    }
    assert.equal(quarantined().length, 3);
  });

  it('does one logout for two that come together', async () => {
    await within(ENOUGH_MS, Promise.all([session.logout(), session.logout()]), 'the logouts');
    assert.equal(quarantined().length, 1);
  });

  it('puts the profile of a stopped session into quarantine on logout, and starts', async () => {
    assert.equal(session.status.state, 'stopped');
    await within(ENOUGH_MS, session.logout(), 'the logout');
    assert.equal(quarantined().length, 1);
    await until('a try to start', () => session.status.state === 'disconnected');
  });

  it('goes on after a logout that could not have the profile, and says why it could not', async () => {
    const foreign = lockProfile(profileDir);
    await assert.rejects(within(ENOUGH_MS, session.logout(), 'the logout'), /in use by process/);
    await until('another try', () => session.restarts > 1);
    foreign.release();
    await until('a try with a browser', () => session.status.reason === 'there is no browser');
  });

  it('stays stopped when it is stopped amid a logout, which is done all the same', async () => {
    const loggedOut = session.logout();
    await session.stop('stopped');
    await within(ENOUGH_MS, loggedOut, 'the logout');
    assert.equal(session.status.state, 'stopped');
    assert.equal(quarantined().length, 1);
  });

  it('ends a stop although it is started again meanwhile', async () => {
    session.start();
    await until('a failure', () => session.status.state === 'disconnected');
    const stopped = session.stop('stopped');
    session.start();
    await within(ENOUGH_MS, stopped, 'the stop');
    assert.notEqual(session.status.state, 'stopped');
    const before = session.restarts;
    await until('another try', () => session.restarts > before);
  });

  function quarantined(): string[] {
    const folder = join(dir, 'quarantine');
    return existsSync(folder) ? readdirSync(folder) : [];
  }
});
