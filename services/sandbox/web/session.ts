import { transact } from './database.ts';
import { clearLidPnMappingCache } from './people/lid-pn-cache.ts';
import { type Device, isRecord, parseDevice } from './wire.ts';

const KEY = 'session';

/** The login kept in this profile, in localStorage as in IndexedDB: either is enough. */
export async function readSession(): Promise<Device | undefined> {
  const text = localStorage.getItem(KEY);
  const kept: unknown =
    text === null ? await transact('kept', 'readonly', (store) => store.get(KEY)) : JSON.parse(text);
  return isRecord(kept) ? parseDevice(kept) : undefined;
}

export async function keepSession(device: Device): Promise<void> {
  localStorage.setItem(KEY, JSON.stringify(device));
  await transact('kept', 'readwrite', (store) => store.put(device, KEY));
}

/** With the login goes what the page has stored. Source: `WAWebSocketLogoutStorageUtils` (jigger@0fbd5e1a). */
export async function forgetSession(): Promise<void> {
  localStorage.removeItem(KEY);
  await transact('own', 'readwrite', (store) => store.clear());
  clearLidPnMappingCache();
  await transact('kept', 'readwrite', (store) => store.delete(KEY));
}
