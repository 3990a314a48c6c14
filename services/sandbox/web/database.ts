export type StoreName = 'kept' | 'outbox';

let opened: Promise<IDBDatabase> | undefined;

/** Runs one request in a transaction of its own; resolves when it is committed. */
export async function transact<T>(
  name: StoreName,
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  opened ??= openDatabase();
  const database = await opened;
  return new Promise((resolve, reject) => {
    // Relaxed survives a killed browser all the same, and costs no disk write per message.
    const transaction = database.transaction(name, mode, { durability: 'relaxed' });
    const request = act(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? new Error('transaction aborted'));
  });
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('stand-in', 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('kept');
      request.result.createObjectStore('outbox', { keyPath: 'n' });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
