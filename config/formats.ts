import { BlockList, isIP } from 'node:net';
import convict from 'convict';
import { readSandboxPage } from './sandbox-page.ts';

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
  // As a tag of an image, and as the instance of a unit. Source: the grammar of OCI distribution references.
  label: {
    coerce: (text: string) => text,
    validate: (value: unknown) =>
      demand(
        value === '' || (typeof value === 'string' && /^\w[\w.-]{0,63}$/.test(value)),
        'must be 1 to 64 letters, digits, dots, hyphens and underscores, and begin with neither dot nor hyphen',
      ),
  },
  'api-keys': { coerce: (text: string) => text.split(','), validate: validateApiKeys },
  'database-url': {
    coerce: (text: string) => text,
    validate: (value: unknown) =>
      demand(
        value === '' || isDatabaseUrl(value),
        'must be a URL such as postgres://user:password@host:5432/name',
      ),
  },
  networks: { coerce: splitList, validate: validateNetworks },
  'media-types': {
    coerce: splitList,
    validate: (value: unknown) =>
      demand(
        isListOf(value, (type) => /^[a-z]+\/(?:\*|[a-z0-9][a-z0-9.+-]*)$/.test(type)),
        'must be media types separated by commas, such as image/*,application/pdf',
      ),
  },
  'sandbox-page': {
    coerce: (text: string) => text,
    validate: (value: unknown) => {
      demand(typeof value === 'string', 'must be an edition such as 2026-09');
      readSandboxPage(String(value));
    },
  },
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

/** The type of a value that a format accepts: what its `coerce` returns, apart from the text that it does not understand. */
export type FormatValue<Name extends FormatName> = Understood<ReturnType<(typeof formats)[Name]['coerce']>>;

type Understood<Value> = [Exclude<Value, string>] extends [never] ? string : Exclude<Value, string>;

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

function isDatabaseUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, pathname, hostname } = new URL(value);
  return ['postgres:', 'postgresql:'].includes(protocol) && hostname !== '' && pathname.length > 1;
}

function splitList(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

function isListOf(value: unknown, holds: (item: string) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && holds(item));
}

function validateNetworks(value: unknown): void {
  demand(
    isListOf(value, isNetwork),
    'must be networks separated by commas, each an address and a prefix length such as 10.1.0.0/16',
  );
}

function isNetwork(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return false;
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
    return true;
  } catch {
    return false; // The prefix is longer than the address.
  }
}

/** Whether a text has the form of an API key: printable, without a comma, which parts keys in a list. */
export function isApiKey(text: string): boolean {
  return /^[\x21-\x2b\x2d-\x7e]{24,}$/.test(text);
}

function validateApiKeys(value: unknown): void {
  demand(Array.isArray(value), 'must be keys separated by commas');
  if (!Array.isArray(value)) return;
  const keys: unknown[] = value;
  const good = keys.every((key) => typeof key === 'string' && isApiKey(key));
  demand(
    good,
    'must be keys separated by commas, each of at least 24 printable characters without spaces; make one with: openssl rand -hex 24',
  );
  demand(new Set(keys).size === keys.length, 'must not name a key twice');
}
