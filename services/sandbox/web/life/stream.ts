import { Model } from '../objects/model.ts';

/** Source: `StreamInfo`, `StreamMode` of `WAWebStreamModel` (jigger@0fbd5e1a). */
export const StreamInfo = mirror(
  'OFFLINE',
  'OPENING',
  'PAIRING',
  'SYNCING',
  'RESUMING',
  'CONNECTING',
  'NORMAL',
);
export const StreamMode = mirror(
  'QR',
  'MAIN',
  'SYNCING',
  'OFFLINE',
  'CONFLICT',
  'PROXYBLOCK',
  'TOS_BLOCK',
  'SMB_TOS_BLOCK',
);

/** What the page derives its `Stream` from. */
export interface StreamSource {
  readonly state: string;
  readonly stream: string;
  readonly hasSynced: boolean | undefined;
  readonly isRegistered: boolean;
}

/** The page never notices by itself that it has no network: `online` is taken for true. */
export function streamInfoOf({ state, stream, hasSynced }: StreamSource): string {
  if (state === 'OPENING') return StreamInfo.OPENING;
  if (state === 'PAIRING') return hasSynced ? StreamInfo.RESUMING : StreamInfo.PAIRING;
  const isSyncing = state === 'CONNECTED' && stream !== 'CONNECTED' && !hasSynced;
  return isSyncing ? StreamInfo.SYNCING : StreamInfo.NORMAL;
}

/** Which screen the page shows. */
export function streamModeOf({ state, stream, hasSynced, isRegistered }: StreamSource): string {
  const block = ['PROXYBLOCK', 'CONFLICT', 'TOS_BLOCK', 'SMB_TOS_BLOCK'].find((known) => known === state);
  if (block === 'PROXYBLOCK') return block;
  if (!isRegistered || state === 'UNPAIRED' || state === 'UNPAIRED_IDLE') return StreamMode.QR;
  if (block !== undefined) return block;
  if (state === 'UNLAUNCHED') return StreamMode.SYNCING;
  return hasSynced || stream === 'CONNECTED' ? StreamMode.MAIN : StreamMode.SYNCING;
}

export class StreamModel extends Model {
  declare info: string;
  declare mode: string;
  declare obscurity: string;
  declare available: boolean;

  markAvailable(): void {
    this.set({ available: true });
  }

  markUnavailable(): void {
    this.set({ available: false });
  }

  /** The socket has changed. The real page reveals a trouble only after 18 s; here `obscurity` stays hidden. */
  follow(source: StreamSource): void {
    this.set({
      info: streamInfoOf(source),
      mode: streamModeOf(source),
      phoneAuthed: source.stream !== 'DISCONNECTED',
    });
  }
}

function mirror<Name extends string>(...names: readonly Name[]): Readonly<Record<Name, Name>>;
function mirror(...names: readonly string[]): Readonly<Record<string, string>> {
  return Object.freeze(Object.fromEntries(names.map((name) => [name, name])));
}
