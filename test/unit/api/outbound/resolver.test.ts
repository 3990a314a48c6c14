import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Address } from '../../../../services/api/outbound/dns-answer.ts';
import { NameResolver } from '../../../../services/api/outbound/resolver.ts';
import { SystemLookup } from '../../../../services/api/outbound/system-lookup.ts';
import { sqliteFolder } from '../../../support/api/databases.ts';
import { type DnsAnswer, DnsServer } from '../../../support/api/names/dns-server.ts';
import { AMPLE_MS } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const ANSWERS: Readonly<Record<string, DnsAnswer>> = {
  'both.example': ['192.0.2.1', '2001:db8::1'],
  'four.example': ['192.0.2.4'],
  'six.example': ['2001:db8::6'],
  'none.example': [],
  'failing.example': 'failure',
  'silent.example': 'silence',
  'db.ns.svc.cluster.local': ['10.0.0.1'],
  'db.other.svc.cluster.local': ['10.0.0.2'],
  'db.ns': ['10.9.9.9'],
  'half-four.example': ['192.0.2.4'],
  'half-six.example': ['2001:db8::6'],
};

/** Of one family no answer ever comes, though the name has addresses of the other. */
function answer(name: string, family: number): DnsAnswer {
  if (name === 'half-four.example' && family === 6) return 'silence';
  if (name === 'half-six.example' && family === 4) return 'failure';
  return ANSWERS[name] ?? 'unknown';
}

interface World extends AsyncDisposable {
  readonly server: DnsServer;
  readonly hostsFile: string;
  readonly resolvConf: string;
  /** Names that the system was asked for. */
  readonly askedOfSystem: string[];
  readonly resolve: NameResolver['resolve'];
}

const unknownTo = async (name: string): Promise<readonly Address[]> => {
  throw Object.assign(new Error(name), { code: 'ENOTFOUND' });
};

async function start({
  resolvConf = '',
  hosts = '',
  system = unknownTo,
  deadlineMs = AMPLE_MS,
} = {}): Promise<World> {
  const folder = sqliteFolder();
  const server = await DnsServer.start(answer);
  const files = { hostsFile: join(folder, 'hosts'), resolvConf: join(folder, 'resolv.conf') };
  writeFileSync(files.hostsFile, hosts);
  writeFileSync(files.resolvConf, resolvConf);
  const askedOfSystem: string[] = [];
  const lookup = new SystemLookup((name) => {
    askedOfSystem.push(name);
    return system(name);
  });
  const resolver = new NameResolver({
    purpose: 'tests',
    system: lookup,
    deadlineMs,
    servers: server.servers,
    ...files,
  });
  return {
    ...files,
    server,
    askedOfSystem,
    resolve: resolver.resolve,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

const addressesOf = async (asked: Promise<readonly Address[]>) =>
  (await asked).map(({ address }) => address).toSorted();

describe('names of URLs and of the database', () => {
  it('have their addresses of both families, or of the one there is', async () => {
    await using world = await start();
    assert.deepEqual(await addressesOf(world.resolve('both.example')), ['192.0.2.1', '2001:db8::1']);
    assert.deepEqual(await world.resolve('four.example'), [{ address: '192.0.2.4', family: 4 }]);
    assert.deepEqual(await world.resolve('SIX.example'), [{ address: '2001:db8::6', family: 6 }]);
    assert.deepEqual(world.askedOfSystem, []);
  });

  it('have the addresses of one family when DNS never answers for the other, or fails', async () => {
    await using world = await start();
    assert.deepEqual(await addressesOf(world.resolve('half-four.example')), ['192.0.2.4']);
    assert.deepEqual(await addressesOf(world.resolve('half-six.example')), ['2001:db8::6']);
    assert.deepEqual(world.askedOfSystem, []);
  });

  it('are given up in the end when DNS never answers or fails, and never go to the pool of the system', async () => {
    await using world = await start({ deadlineMs: 100 });
    await assert.rejects(world.resolve('silent.example'), { code: 'EAI_AGAIN' });
    await assert.rejects(world.resolve('failing.example'), { code: 'EAI_AGAIN' });
    assert.deepEqual(world.askedOfSystem, []);
  });

  it('are asked of the system when DNS does not know them', async () => {
    const system = async (name: string) =>
      name === 'printer.local' ? [{ address: '10.0.0.7', family: 4 }] : unknownTo(name);
    await using world = await start({ system });
    assert.deepEqual(await addressesOf(world.resolve('printer.local')), ['10.0.0.7']);
    await assert.rejects(world.resolve('none.example'), { code: 'ENOTFOUND' });
    await assert.rejects(world.resolve('a..b'), { code: 'ENOTFOUND' });
    assert.deepEqual(world.askedOfSystem, ['printer.local', 'none.example', 'a..b']);
  });

  it('are addresses already, or names of this machine, which never go to DNS', async () => {
    await using world = await start();
    assert.deepEqual(await world.resolve('192.0.2.9'), [{ address: '192.0.2.9', family: 4 }]);
    assert.deepEqual(await world.resolve('2001:db8::9'), [{ address: '2001:db8::9', family: 6 }]);
    for (const name of ['localhost', 'LOCALHOST.', 'app.localhost'])
      assert.deepEqual(await addressesOf(world.resolve(name)), ['127.0.0.1', '::1'], name);
    assert.deepEqual(world.server.asked, []);
  });

  it('are found in the hosts file first, as it is at the moment', async () => {
    const hosts =
      '# none\n10.0.0.5\tfour.example Alias # a note\n::5 four.example\n10.0.0.6 localhost\nbad line\n';
    await using world = await start({ hosts });
    assert.deepEqual(await addressesOf(world.resolve('four.example')), ['10.0.0.5', '::5']);
    assert.deepEqual(await addressesOf(world.resolve('ALIAS.')), ['10.0.0.5']);
    assert.deepEqual(await addressesOf(world.resolve('localhost')), ['10.0.0.6']);
    writeFileSync(world.hostsFile, '10.0.0.50 alias\n');
    assert.deepEqual(await addressesOf(world.resolve('alias')), ['10.0.0.50']);
    assert.deepEqual(await addressesOf(world.resolve('four.example')), ['192.0.2.4']);
    rmSync(world.hostsFile);
    await assert.rejects(world.resolve('alias'), { code: 'ENOTFOUND' });
  });

  it('are completed by the search list, as Docker and Kubernetes need it', async () => {
    const resolvConf =
      'nameserver 10.96.0.10\nsearch ns.svc.cluster.local svc.cluster.local\noptions ndots:5\n';
    await using world = await start({ resolvConf });
    assert.deepEqual(await addressesOf(world.resolve('db')), ['10.0.0.1']);
    assert.deepEqual(await addressesOf(world.resolve('db.other')), ['10.0.0.2']);
    assert.deepEqual(await addressesOf(world.resolve('db.ns')), ['10.0.0.1']);
    assert.deepEqual(await addressesOf(world.resolve('db.ns.')), ['10.9.9.9']);
    assert.deepEqual(await addressesOf(world.resolve('four.example')), ['192.0.2.4']);
    writeFileSync(world.resolvConf, 'search other.svc.cluster.local.\n');
    assert.deepEqual(await addressesOf(world.resolve('db')), ['10.0.0.2']);
    assert.deepEqual(await addressesOf(world.resolve('db.ns')), ['10.9.9.9']);
  });

  it('are asked for once when many want the same one at the same time', async () => {
    await using world = await start();
    await Promise.all(Array.from({ length: 50 }, () => world.resolve('four.example')));
    assert.deepEqual(world.server.asked.toSorted(), ['four.example 4', 'four.example 6']);
  });
});

describe('the system’s own lookup', () => {
  it('holds one thread at most, lets purposes take turns, and forgets those who do not wait any more', async () => {
    const asked: string[] = [];
    const answers = new Map<string, () => void>();
    const system = new SystemLookup(async (name) => {
      asked.push(name);
      await new Promise<void>((resolve) => answers.set(name, resolve));
      return [];
    });
    const LONG_MS = 600_000;
    const stuck = system.addressesOf('m1', 'media', 1);
    const late = system.addressesOf('m2', 'media', 1);
    const third = system.addressesOf('m3', 'media', LONG_MS);
    const fourth = system.addressesOf('m4', 'media', LONG_MS);
    const webhook = system.addressesOf('w1', 'webhooks', LONG_MS);
    await assert.rejects(stuck, { code: 'EAI_AGAIN' });
    await assert.rejects(late, { code: 'EAI_AGAIN' });
    assert.deepEqual(asked, ['m1']);
    for (const name of ['m1', 'w1', 'm3', 'm4']) {
      await until(`${name} is asked for`, () => answers.has(name));
      answers.get(name)?.();
    }
    await Promise.all([third, fourth, webhook]);
    assert.deepEqual(asked, ['m1', 'w1', 'm3', 'm4']);
  });
});
