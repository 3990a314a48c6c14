import { EventLog } from '../../../../services/api/events/event-log.ts';
import { resolversFor } from '../../../../services/api/outbound/purposes.ts';
import { openPostgres } from '../../../../services/api/store/postgres.ts';
import { openSqlite } from '../../../../services/api/store/sqlite.ts';
import { Store } from '../../../../services/api/store/store.ts';
import { Deliverer } from '../../../../services/api/webhooks/deliverer.ts';
import { createLog } from '../../../../services/runtime/log.ts';

// A process that does nothing but deliver, for a test to kill. Arguments: the URL of a PostgreSQL and the schema, or the
// folder of a SQLite database.
const [place = '', space] = process.argv.slice(2);
const log = createLog('api', 'silent');
const store = await Store.open(
  () => (space === undefined ? openSqlite(place) : openPostgres(place, space, log)),
  log,
);
new Deliverer({
  store,
  events: new EventLog(store),
  webhooks: { most: 10, timeoutMs: 60_000, retryMs: 20, retryHours: 72, allowNetworks: ['127.0.0.0/8'] },
  log,
  resolve: resolversFor(log).webhooks.resolve,
}).start();
