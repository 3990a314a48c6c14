import type { PlatformFacts } from '../platform.ts';
import { TAKES_OVER } from '../rendering/take-over.ts';
import type { Prerequisite, TargetFacts } from '../shipping/target.ts';

/** systemd: what it does with a unit, and what it asks of it. */
export const facts: PlatformFacts = {
  title: 'systemd',
  profile: 'custom',
  port: 'chosen',
  health: 'none; a process that ends with a failure is started again',
  stopSignal: 'SIGTERM',
  stopGraceMs: 30_000,
  mostStopGraceMs: 600_000,
  disk: 'volume',
  overlap: 'unless-configured',
  settings: TAKES_OVER,
  sets: '`TimeoutStopSec` beyond the drain, an instance a release, `StateDirectory`, no new privileges, a read-only system',
  sources: ['man systemd.exec, systemd.service, systemd.kill of systemd 252, read 2026-11'],
};

export const prerequisites: readonly Prerequisite[] = [
  {
    what: 'we may write to /opt, /etc and systemd',
    command: { argv: ['id', '-u'] },
    remedy: 'run it as root: sudo make deploy TARGET=systemd',
    judge: ({ stdout }) => (stdout.trim() === '0' ? undefined : `this is user ${stdout.trim()}, not root`),
  },
  {
    what: 'systemd runs this host',
    command: { argv: ['systemctl', 'list-units', '--plain', '--no-legend', 'multi-user.target'] },
    remedy: 'deploy to a host that was booted with systemd; in a container take TARGET=compose on its host',
  },
  {
    what: 'npm is there',
    command: { argv: ['npm', '--version'] },
    remedy: 'install Node.js 20 or later, with npm (Debian, Ubuntu: apt-get install nodejs npm)',
  },
  {
    what: 'tar is there',
    command: { argv: ['tar', '--version'] },
    remedy: 'install it (Debian, Ubuntu: apt-get install tar)',
  },
];

export const targetFacts: TargetFacts = {
  ships: 'this folder with its production packages and its Node, under `/opt`, as an instance of the unit',
  waits:
    'until the new instance has opened the port beside the old one; the old one stops; `/health` by the name of the release',
  rollsBack: 'the instance of the release before is started again, and takes over; five releases are kept',
  secrets: 'an env file under `/etc`, for root alone',
  testedWith: 'against stand-ins for its programs',
};
