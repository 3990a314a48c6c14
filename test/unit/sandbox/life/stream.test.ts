import assert from 'node:assert/strict';
import { streamInfoOf, streamModeOf } from '../../../../services/sandbox/web/life/stream.ts';

describe('stream of the stand-in, as derived from its socket', () => {
  for (const [state, stream, hasSynced, isRegistered, info, mode] of [
    ['UNLAUNCHED', 'DISCONNECTED', undefined, true, 'NORMAL', 'SYNCING'],
    ['UNPAIRED', 'DISCONNECTED', undefined, false, 'NORMAL', 'QR'],
    ['OPENING', 'DISCONNECTED', undefined, false, 'OPENING', 'QR'],
    ['PAIRING', 'DISCONNECTED', undefined, true, 'PAIRING', 'SYNCING'],
    ['CONNECTED', 'DISCONNECTED', undefined, true, 'SYNCING', 'SYNCING'],
    ['CONNECTED', 'CONNECTED', true, true, 'NORMAL', 'MAIN'],
    // A loss of the network after the sync.
    ['CONNECTED', 'DISCONNECTED', true, true, 'NORMAL', 'MAIN'],
    ['OPENING', 'DISCONNECTED', true, true, 'OPENING', 'MAIN'],
    ['PAIRING', 'DISCONNECTED', true, true, 'RESUMING', 'MAIN'],
    ['CONFLICT', 'DISCONNECTED', true, true, 'NORMAL', 'CONFLICT'],
  ] as const)
    it(`is ${info} in ${mode} for ${state}, ${stream}, ${hasSynced ? 'synced' : 'not synced'}`, () => {
      const source = { state, stream, hasSynced, isRegistered };
      assert.deepEqual([streamInfoOf(source), streamModeOf(source)], [info, mode]);
    });
});
