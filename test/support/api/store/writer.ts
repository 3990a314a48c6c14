import { openSqlite } from '../../../../services/api/store/sqlite.ts';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { note } from './rows.ts';

// A process that writes until it is killed, and says of each task that it was told was on disk.
// Arguments: folder, prefix of the names, writers at once, rows of each task, bytes of each row.
const [folder = '', prefix = '', writers = '1', rows = '1', bytes = '1'] = process.argv.slice(2);
const value = 'x'.repeat(Number(bytes));
const store = await Store.open(() => openSqlite(folder), createLog('writer', 'silent'));
await Promise.all(
  Array.from({ length: Number(writers) }, async (_, writer) => {
    for (let count = 0; ; count += 1) {
      const name = `${prefix}-${writer}-${count}`;
      await store.write(async (db) => {
        for (let row = 0; row < Number(rows); row += 1) await note(db, `${name}/${row}`, value);
      });
      // Not `writeSync`, which throws when the reader has no turn and the pipe is full.
      await new Promise((resolve) => {
        process.stdout.write(`${name}\n`, resolve);
      });
    }
  }),
);
