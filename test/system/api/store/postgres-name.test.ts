import assert from 'node:assert/strict';
import { databaseLookup } from '../../../../services/api/outbound/purposes.ts';
import { openPostgres } from '../../../../services/api/store/postgres.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { sharedPostgres } from '../../../support/api/databases.ts';
import { DnsServer } from '../../../support/api/names/dns-server.ts';

describe('store on postgres, under a name', () => {
  it('is found by DNS, past an address where nothing listens', async () => {
    await using dns = await DnsServer.start((name) =>
      name === 'db.example' ? ['::1', '127.0.0.1'] : 'unknown',
    );
    const url = new URL((await sharedPostgres()).url);
    url.hostname = 'db.example';
    const names = { servers: dns.servers, hostsFile: '/nowhere', resolvConf: '/nowhere' };
    const engine = await openPostgres(url.href, 'test_by_name', createLog('api', 'silent'), {
      lookup: databaseLookup(names),
    });
    assert.ok(dns.asked.includes('db.example 4'));
    await engine.close();
  });
});
