import { isIP } from 'node:net';
import convict from 'convict';

/** The kit's formats. Each refuses what it does not understand; none repairs. A validator throws with the remedy. */
const formats = {
  'tcp-port': {
    coerce: (text: string) => (/^[1-9]\d{0,4}$/.test(text) ? Number(text) : text),
    validate: wholeNumber(1, 65_535),
  },
  count: { coerce: digits, validate: wholeNumber(0, 1_000_000) },
  // Where nothing would mean broken: a limit of 0 connections, a time limit of 0.
  limit: { coerce: digits, validate: wholeNumber(1, 1_000_000) },
  'time-limit': { coerce: digits, validate: wholeNumber(1, 86_400_000, ' milliseconds') },
  milliseconds: { coerce: digits, validate: wholeNumber(0, 86_400_000, ' milliseconds') },
  bytes: {
    coerce: parseBytes,
    validate: wholeNumber(1, 2 ** 40, ' bytes, or such a number with KiB, MiB or GiB, as in 16MiB'),
  },
  // Less than a browser sends would be refused, and a health check too.
  'header-bytes': {
    coerce: parseBytes,
    validate: wholeNumber(1_024, 1024 ** 2, ' bytes, or such a number with KiB or MiB, as in 32KiB'),
  },
  flag: {
    coerce: parseFlag,
    validate: (value: unknown) =>
      demand(typeof value === 'boolean', 'must be true or false (or 1 or 0, yes or no, on or off)'),
  },
  host: {
    coerce: (text: string) => text,
    validate: (value: unknown) =>
      demand(
        isHost(value),
        'must be an IP address or a host name, without scheme and port, such as 127.0.0.1',
      ),
  },
  path: {
    coerce: (text: string) => text,
    validate: (value: unknown) =>
      demand(
        typeof value === 'string' && !value.includes('\0') && value === value.trim(),
        'must be a path without spaces around it',
      ),
  },
  name: {
    coerce: (text: string) => text,
    validate: (value: unknown) =>
      demand(
        typeof value === 'string' && /^[a-z0-9][a-z0-9-]{0,31}$/.test(value),
        'must be 1 to 32 lower-case letters, digits and hyphens',
      ),
  },
  'api-keys': { coerce: (text: string) => text.split(','), validate: validateApiKeys },
  'boot-secret': {
    coerce: (text: string) => text,
    validate: (value: unknown) =>
      demand(
        value === '' || (typeof value === 'string' && /^[\x21-\x7e]{32,}$/.test(value)),
        'must be at least 32 printable characters without spaces; make one with: openssl rand -hex 32',
      ),
  },
};

export type FormatName = keyof typeof formats;

let registered = false;

/** Makes the formats known to convict, once a process. */
export function registerFormats(): void {
  if (registered) return;
  registered = true;
  for (const [name, format] of Object.entries(formats)) convict.addFormat({ name, ...format });
}

/** Whether an address to bind or call is on this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function demand(holds: boolean, remedy: string): void {
  if (!holds) throw new Error(remedy);
}

function wholeNumber(least: number, most: number, unit = ''): (value: unknown) => void {
  return (value) =>
    demand(
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
      `must be a whole number from ${least} to ${most}${unit}`,
    );
}

function digits(text: string): number | string {
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

function parseBytes(text: string): number | string {
  const match = /^([1-9]\d{0,14})(KiB|MiB|GiB)?$/.exec(text);
  if (match === null) return text;
  const power = ['', 'KiB', 'MiB', 'GiB'].indexOf(match[2] ?? '');
  return Number(match[1]) * 1024 ** power;
}

function parseFlag(text: string): boolean | string {
  if (['true', '1', 'yes', 'on'].includes(text)) return true;
  if (['false', '0', 'no', 'off'].includes(text)) return false;
  return text;
}

function isHost(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (isIP(value) !== 0) return true;
  // Digits and dots that are no address would be a host name to the grammar, and surely a slip.
  if (/^[\d.]+$/.test(value)) return false;
  return (
    value.length <= 253 &&
    value.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label))
  );
}

function validateApiKeys(value: unknown): void {
  demand(Array.isArray(value), 'must be keys separated by commas');
  if (!Array.isArray(value)) return;
  const keys: unknown[] = value;
  const good = keys.every((key) => typeof key === 'string' && /^[\x21-\x2b\x2d-\x7e]{24,}$/.test(key));
  demand(
    good,
    'must be keys separated by commas, each of at least 24 printable characters without spaces; make one with: openssl rand -hex 24',
  );
  demand(new Set(keys).size === keys.length, 'must not name a key twice');
}
