import { homedir } from 'node:os';
import { type Config, listSettings, usableKeys } from '#config';
import { maskSecrets } from '../../services/runtime/mask-secrets.ts';
import type { Variables } from './load-leniently.ts';

/** Takes out of a text what must not be read by others. */
export type Redact = (text: string) => string;

/** Names of other programs' variables that hold secrets. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE|PRIVATE|DSN|_URL$|_URI$|SIGNATURE/i;
/** A shorter value would take ordinary words with it. */
const LEAST_SECRET_LENGTH = 6;

/**
 * Makes the report fit for a public issue: no secret of the configuration or of the environment, no phone number or
 * chat, no home folder, nothing that steers a terminal.
 */
export function createRedact(configs: readonly Config[], env: Variables): Redact {
  const sensitive = new Set(
    listSettings()
      .filter(({ setting }) => setting.sensitive)
      .flatMap(({ setting }) => [setting.env, ...(setting.fallbacks ?? [])]),
  );
  const values = [
    ...configs.flatMap((config) => [...usableKeys(config), config.internal.secret, config.store.databaseUrl]),
    ...Object.entries(env).flatMap(([name, value = '']) =>
      sensitive.has(name) || SECRET_NAME.test(name) ? [value, ...value.split(',')] : [],
    ),
  ];
  const secrets = [...new Set(values.flatMap((value) => [value, clean(value), ...passwordsOf(value)]))]
    .filter((value) => value.length >= LEAST_SECRET_LENGTH)
    .sort((left, right) => right.length - left.length);
  return (text) => {
    let shown = text;
    for (const secret of secrets) shown = shown.replaceAll(secret, '[secret]');
    shown = clean(shown);
    for (const secret of secrets) shown = shown.replaceAll(secret, '[secret]');
    return hidePeople(shown);
  };
}

/** The password of a URL, also as it was written in it. */
function passwordsOf(value: string): string[] {
  const raw = /^\w[\w+.-]*:\/\/[^/@]*?:([^/]*)@/.exec(value)?.[1];
  return raw === undefined || raw === '' ? [] : [raw, decode(raw)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A stray percent sign.
  }
}

/** What others wrote may hold anything: no control characters, no line breaks. */
function clean(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
}

function hidePeople(text: string): string {
  const home = homedir();
  const homeless = home.length > 1 && home !== '/root' ? text.replaceAll(home, '~') : text;
  return (
    maskSecrets(homeless)
      .replace(/(^|[\s"'(=:])\/(?:home|Users)\/[^/\s"']+/g, '$1~')
      .replace(/(^|[\s"'(=:])\/root(?=[/\s"']|$)/g, '$1~')
      .replace(/\/\/[^/\s@]+@/g, '//[secret]@')
      .replace(
        /(?<![A-Za-z\d])\d[\d.:-]*@(?:c\.us|g\.us|lid|s\.whatsapp\.net|newsletter|broadcast)/g,
        '[chat]',
      )
      .replace(/\+\d[\d ().-]{5,}\d/g, '[phone]')
      // Not within an id of a message, nor a part of a version.
      .replace(/(?<![A-Za-z\d.-])\d{9,15}(?![A-Za-z\d.-])/g, '[number]')
  );
}
