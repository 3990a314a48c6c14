/** Why a page logs itself out. Source: `WAWebLogoutReasonConstants` (jigger@0fbd5e1a). */
export const LOGOUT_REASONS = {
  UserInitiated: 'user_initiated',
  SyncdFailure: 'syncd_failure',
  InvalidAdvStatus: 'invalid_adv_status',
  CriticalSyncTimeout: 'critical_sync_timeout',
  SyncdTimeout: 'syncd_timeout',
  HistorySyncTimeout: 'history_sync_timeout',
  AccountSyncTimeout: 'account_sync_timeout',
  MDOptOut: 'md_opt_out',
  UnknownCompanion: 'unknown_companion',
  ClientVersionOutdated: 'client_version_outdated',
  SyncdErrorDuringBootstrap: 'syncd_error_during_bootstrap',
  AccountSyncError: 'account_sync_error',
  StorageQuotaExceeded: 'storage_quota_exceeded',
  PrimaryIdentityKeyChange: 'primary_identity_key_change',
  MissingEncSalt: 'missing_enc_salt',
  AccountLocked: 'account_locked',
  LidMigrationUnmigratedCompanion: 'lid_migration_unmigrated_companion',
  LidMigrationStateDiscrepancy: 'lid_migration_state_discrepancy',
  WebFailAddChat: 'web_fail_add_chat',
  WebFailOfflineResume: 'web_fail_offline_resume',
  WebFailStorageInitialization: 'web_fail_storage_initialization',
  WebFailEncSalt: 'web_fail_enc_salt',
  CacheStorageOpenFailed: 'cache_storage_open_failed',
} as const;

export type LogoutReasonName = keyof typeof LOGOUT_REASONS;

/** Only these reasons have a number in the address; the others leave none. Source: `WAWebLogoutReason` (jigger@0fbd5e1a). */
const CODES: ReadonlyMap<string, string> = new Map([
  [LOGOUT_REASONS.WebFailAddChat, '0'],
  [LOGOUT_REASONS.WebFailEncSalt, '0'],
  [LOGOUT_REASONS.WebFailOfflineResume, '0'],
  [LOGOUT_REASONS.WebFailStorageInitialization, '0'],
  [LOGOUT_REASONS.SyncdFailure, '1'],
  [LOGOUT_REASONS.SyncdErrorDuringBootstrap, '1'],
  [LOGOUT_REASONS.AccountSyncError, '1'],
  [LOGOUT_REASONS.SyncdTimeout, '1'],
  [LOGOUT_REASONS.CriticalSyncTimeout, '1'],
  [LOGOUT_REASONS.HistorySyncTimeout, '2'],
  [LOGOUT_REASONS.AccountLocked, '3'],
]);

const MARKERS = ['post_logout', 'logout_reason', 'logout_message_header', 'logout_message_subtext'];

/**
 * The address to which the page goes when it has forgotten its login. `reason` is undefined when the server has removed
 * the device. Source: `WAWebReloadAfterLogout`, `WAWebHandleStreamError` (jigger@0fbd5e1a).
 */
export function addressAfterLogout(
  { pathname, search }: { pathname: string; search: string },
  reason: string | undefined,
): string {
  const parameters = new URLSearchParams(search);
  for (const marker of MARKERS) parameters.delete(marker);
  parameters.set('post_logout', '1');
  const code = CODES.get(reason ?? '');
  if (code !== undefined) parameters.set('logout_reason', code);
  return `${pathname}?${parameters}`;
}
