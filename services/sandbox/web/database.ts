export type StoreName = 'kept' | 'own';

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

/** Version 1 had an outbox, which sent again what an earlier load had not sent. The real page has none. */
function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('stand-in', 2);
    request.onupgradeneeded = () => {
      const { result: database } = request;
      if (!database.objectStoreNames.contains('kept')) database.createObjectStore('kept');
      if (database.objectStoreNames.contains('outbox')) database.deleteObjectStore('outbox');
      database.createObjectStore('own', { keyPath: 'id' });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
