import { execFileSync, spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';

/** Where `ip` and `nmap` lie on systems that keep them from a plain user's PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const ENVIRONMENT = {
  ...process.env,
  PATH: [process.env.PATH ?? '', ...SYSTEM_FOLDERS].join(delimiter),
};

/**
 * Two hosts and a cable between them, as network namespaces of this machine: nothing else is on their network, and
 * nothing of theirs reaches any other. Only root on Linux may make them.
 */
export class TwoHosts implements Disposable {
  static #made = 0;
  readonly #names: readonly [string, string];
  /** Of the host that is looked at, as the other one knows it. Source: RFC 2544 §C.2.2, RFC 4193. */
  readonly address4 = '198.18.1.1';
  readonly address6 = 'fd00:6761:7465::1';

  constructor() {
    const mark = `${process.pid}-${TwoHosts.#made++}`;
    this.#names = [`gatehouse-kit-${mark}`, `gatehouse-other-${mark}`];
    process.on('exit', this.#remove);
    try {
      const [kit, other] = this.#names;
      for (const name of this.#names) ip('netns', 'add', name);
      ip('link', 'add', 'cable', 'netns', kit, 'type', 'veth', 'peer', 'name', 'cable', 'netns', other);
      this.#connect(kit, this.address4, this.address6);
      this.#connect(other, '198.18.1.2', 'fd00:6761:7465::2');
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** What to put before a command for it to run on the host that is looked at. */
  get here(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#names[0]];
  }

  /** Runs a program on the host that looks. Gives what it wrote; throws when it fails. */
  runElsewhere(file: string, ...args: string[]): string {
    return run('ip', ['netns', 'exec', this.#names[1], file, ...args]);
  }

  /** Runs a program on the host that is looked at. Gives what it wrote; throws when it fails. */
  runHere(file: string, ...args: string[]): string {
    return run('ip', ['netns', 'exec', this.#names[0], file, ...args]);
  }

  /** The open TCP ports of the host that is looked at, of all 65,535, as the other one finds them. */
  scan(address: string): number[] {
    const family = address.includes(':') ? ['-6'] : [];
    const told = this.runElsewhere('nmap', ...family, '-n', '-Pn', '-p-', '-T4', '-oG', '-', address);
    return [...told.matchAll(/(\d+)\/open\/tcp/g)].map(([, port]) => Number(port));
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#remove);
    this.#remove();
  }

  #connect(name: string, address4: string, address6: string): void {
    ip('-n', name, 'address', 'add', `${address4}/30`, 'dev', 'cable');
    ip('-n', name, 'address', 'add', `${address6}/64`, 'dev', 'cable', 'nodad');
    for (const link of ['lo', 'cable']) ip('-n', name, 'link', 'set', link, 'up');
  }

  /** The cable goes with its ends. */
  #remove = () => {
    for (const name of this.#names) spawnSync('ip', ['netns', 'delete', name], { env: ENVIRONMENT });
  };
}

/** What this machine lacks to be two hosts, with what to do about it; undefined when nothing. */
export function lacksForTwoHosts(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root: run the tests as root';
  for (const [program, argument, debianPackage] of [
    ['ip', '-Version', 'iproute2'],
    ['nmap', '--version', 'nmap'],
  ] as const)
    if (spawnSync(program, [argument], { env: ENVIRONMENT }).error !== undefined)
      return `${program} is missing: apt-get install -y --no-install-recommends ${debianPackage}`;
  return undefined;
}

function ip(...args: string[]): void {
  run('ip', args);
}

function run(file: string, args: readonly string[]): string {
  return execFileSync(file, args, { env: ENVIRONMENT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
