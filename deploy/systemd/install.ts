import type { Command } from '../shipping/command.ts';
import type { Shipment, Step } from '../shipping/target.ts';

/** In the folder of the deploy. */
export const ENV_FILE = 'systemd.env';
export const SYSCTL = '90-gatehouse.conf';
const RENDERED = 'deploy/rendered/systemd';
/** Releases that stay on the disk, the running one among them. */
const KEPT_RELEASES = 5;
/** What is no part of a release: what `.gitignore` names, and git itself. */
const LEFT_OUT = [
  './.git',
  './node_modules',
  './data',
  './coverage',
  './.cache',
  './.env',
  './.env.deploy',
  './*.log',
];

/** Copied and made ready before anything that runs is touched; removed again when that fails. */
export function installRelease(shipment: Shipment): Step[] {
  const folder = `${releasesOf(shipment)}/${shipment.release}`;
  const archive = `${shipment.folder}/systemd.tar`;
  return [
    {
      title: `make ${folder}`,
      run: run('install', '-d', '-m', '755', folder),
      undo: [{ title: `remove ${folder}`, run: run('rm', '--recursive', '--force', folder) }],
    },
    {
      title: 'pack this folder',
      run: run('tar', '--create', `--file=${archive}`, ...LEFT_OUT.map((path) => `--exclude=${path}`), '.'),
      undo: [{ title: 'remove the pack', run: run('rm', '--force', archive) }],
    },
    {
      title: 'unpack it',
      run: run('tar', '--extract', `--file=${archive}`, '--no-same-owner', `--directory=${folder}`),
    },
    { title: 'remove the pack', run: run('rm', '--force', archive) },
    {
      title: 'bring its production packages',
      run: run(
        'npm',
        '--prefix',
        folder,
        'ci',
        '--omit=dev',
        '--ignore-scripts',
        '--no-fund',
        '--no-audit',
        '--loglevel=error',
      ),
    },
    installNode(folder),
  ];
}

/** An earlier file comes back with the release that it belongs to, which would else start with settings it never saw. */
export function installSettings({ deployment: { name }, folder }: Shipment, isUpgrade: boolean): Step[] {
  const path = `/etc/${name}/${name}.env`;
  const before = `${path}.before`;
  return [
    { title: `make /etc/${name}`, run: run('install', '-d', '-m', '700', `/etc/${name}`) },
    ...(isUpgrade
      ? [{ title: 'keep the settings that are there', run: run('cp', '--preserve', path, before) }]
      : []),
    {
      title: `write ${path}`,
      run: run('install', '-m', '600', `${folder}/${ENV_FILE}`, path),
      ...(isUpgrade
        ? { undo: [{ title: 'put the settings back', run: run('cp', '--preserve', before, path) }] }
        : {}),
    },
  ];
}

/** The unit of all releases, and what the kernel does with waiting connections. */
export function installUnit(name: string): Step[] {
  const unit = `${name}@.service`;
  return [
    {
      title: `write /etc/systemd/system/${unit}`,
      run: run('install', '-m', '644', `${RENDERED}/${unit}`, `/etc/systemd/system/${unit}`),
    },
    {
      title: `write /etc/sysctl.d/${SYSCTL}`,
      run: run('install', '-m', '644', `${RENDERED}/${SYSCTL}`, `/etc/sysctl.d/${SYSCTL}`),
    },
    {
      title: 'let the kernel hand waiting connections over',
      run: run('sysctl', `--load=/etc/sysctl.d/${SYSCTL}`),
    },
    { title: 'let systemd read its units again', run: run('systemctl', 'daemon-reload') },
  ];
}

/** The Node that the kit is tested with, and that this very process runs on: the machine's own may be another. */
function installNode(folder: string): Step {
  return {
    title: `bring Node ${process.version} with it`,
    run: run('install', '-D', '-m', '755', process.execPath, `${folder}/node_modules/.bin/node`),
  };
}

/** The newest stay, so that there is something to go back to. */
export function removeOld(
  shipment: Shipment,
  running: string | undefined,
  releases: readonly string[],
): Step[] {
  const old = releases.filter((release) => release !== running && release !== shipment.release);
  const kept = KEPT_RELEASES - (running === undefined ? 1 : 2);
  const folders = old.slice(kept).map((release) => `${releasesOf(shipment)}/${release}`);
  if (folders.length === 0) return [];
  return [
    {
      title: `remove ${folders.length} old releases`,
      run: run('rm', '--recursive', '--force', '--', ...folders),
    },
  ];
}

/** The folder of the releases. */
export function releasesOf({ deployment: { name } }: Pick<Shipment, 'deployment'>): string {
  return `/opt/${name}/releases`;
}

/** A command of nothing but its words. */
export function run(...argv: [string, ...string[]]): Command {
  return { argv };
}
