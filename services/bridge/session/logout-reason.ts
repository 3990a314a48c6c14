import type { Logout } from '../page/life/logout.ts';

/** What a logout means, and what to do. Source: `WAWebLogoutReasonConstants`, `WAWebLogoutReason` (jigger@0fbd5e1a). */
export function logoutText({ reason, code }: Logout): string {
  if (reason === 'user_initiated') return LOGGED_OUT_BY_REQUEST;
  if (reason === undefined && code === undefined) return 'the phone unlinked this device';
  const remedy = BY_NAME.find(([pattern]) => reason !== undefined && pattern.test(reason))?.[1];
  const name = reason ?? `logout_reason ${code}`;
  return `WhatsApp Web logged itself out: ${name} (${remedy ?? BY_CODE[code ?? ''] ?? 'unknown reason; link again'})`;
}

export const LOGGED_OUT_BY_REQUEST = 'logged out by request';

const STORAGE = 'storage trouble in the profile; check the free disk space of SESSIONS_DIR, then link again';
const SYNC = 'the phone did not send its data; keep WhatsApp open on the phone, then link again';
const LOCKED = 'WhatsApp has locked the account; open WhatsApp on the phone';

const BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/^web_fail_offline_resume$/, 'it could not take in what came while it was away; link again'],
  [/^(web_fail_|cache_storage_|storage_quota_|missing_)/, STORAGE],
  [/(sync|timeout)/, SYNC],
  [/^account_locked$/, LOCKED],
  [/^client_version_outdated$/, 'it is too old; reload it, then link again'],
  [
    /^(invalid_adv_status|primary_identity_key_change|unknown_companion|md_opt_out)$/,
    'the account has moved to another phone, or has unlinked its devices; link again',
  ],
  [
    /^lid_/,
    'it could not move the chats to the new addresses of WhatsApp; update WhatsApp on the phone, then link again',
  ],
];

const BY_CODE: Readonly<Record<string, string>> = { 0: STORAGE, 1: SYNC, 2: SYNC, 3: LOCKED };
