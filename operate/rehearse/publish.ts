import type { BridgeEvent } from '../../services/contract/events.ts';
import type { Fact } from './outcome.ts';

/** What nobody but the user may see: numbers, names, ids and bodies that the rehearsal has come across. */
export class PrivateWords {
  readonly #words = new Set<string>();
  /** Hidden as they are written. */
  readonly #partsOfNames = new Set<string>();

  /** An id or a number is also hidden without its server, its direction and its sign. */
  add(...texts: readonly (string | undefined)[]): void {
    for (const text of texts) {
      if (text === undefined) continue;
      const digits = text.replace(/\D/g, '');
      const parts = [text, text.trim(), ...text.split(/[_@:]/), ...(digits.length < 6 ? [] : [digits])];
      // A name of two letters would hide half of every sentence, and no sentence of the kit names anybody.
      for (const part of parts) if (isTelling(part)) this.#words.add(part);
      // Somebody may be called "Joe Phone": the kit writes its own words small.
      for (const part of text.split(/\s+/)) if (isTelling(part)) this.#partsOfNames.add(part);
    }
  }

  /** Adds names of this machine, of its user and of folders. */
  addMachine(names: readonly string[]): void {
    for (const name of names) if (isTelling(name) && !USUAL_NAMES.has(name)) this.#words.add(name);
  }

  /** Adds who and what an event tells of. A short text is a word that a reason may hold too, and names nobody. */
  learn({ data }: BridgeEvent): void {
    for (const [field, value] of Object.entries(data)) {
      if (typeof value !== 'string' || KIT_FIELDS.has(field)) continue;
      if (!TEXTS.has(field)) this.add(value);
      else
        for (const part of [value, ...value.split('\n')])
          if (part.length >= SHORTEST_TEXT) this.#words.add(part);
    }
  }

  /** Whether a name of a field is a private word, or has one with a digit in it. */
  isNamed(field: string): boolean {
    const name = field.toLowerCase();
    return [...this.#words, ...this.#partsOfNames].some((word) => {
      const small = word.toLowerCase();
      return name === small || (/\d/.test(small) && name.includes(small));
    });
  }

  /** A pattern for each, the longest first, so that nothing of it is left. */
  get patterns(): readonly RegExp[] {
    const longestFirst = (words: ReadonlySet<string>) =>
      [...words].sort((one, other) => other.length - one.length);
    return [
      ...longestFirst(this.#words).map((word) => new RegExp(patternOf(word), 'gi')),
      ...longestFirst(this.#partsOfNames).map((word) => new RegExp(patternOf(word), 'g')),
    ];
  }
}

/** Fields of events in the words of the kit or the page. */
const KIT_FIELDS = new Set([
  'state',
  'reason',
  'since',
  'type',
  'kind',
  'capability',
  'page_version',
  'generated_at',
]);
const TEXTS = new Set(['body', 'previous_body', 'reaction', 'qr']);
const SHORTEST_TEXT = 6;

/** Parts of ids that say nothing of anybody, and the words of every report: to hide them would give a name away. */
const COMMON = new Set([
  ...['true', 'false', 'out', 'c.us', 'g.us', 'lid', 'broadcast', 'expected', 'different', 'failed', 'tried'],
  ...['not', 'interrupted', 'starting', 'offline', 'qr', 'pairing', 'passkey', 'syncing', 'ready'],
  ...['degraded', 'disconnected', 'stopped', 'sent', 'ack'],
]);
/** Names that many machines and users have. */
const USUAL_NAMES = new Set(['root', 'user', 'node', 'admin', 'ubuntu', 'localhost', 'app', 'home']);

function isTelling(word: string): boolean {
  return word.length >= 3 && !COMMON.has(word.toLowerCase());
}

/**
 * The form of a fact that may be published. Each text and each name loses every private word, and all that looks like a
 * number of a phone, an id, an address, a path, a quotation or a name in another script.
 */
export function publish(fact: Fact, secrets: PrivateWords): Fact {
  const patterns = secrets.patterns;
  const pass = (value: Fact): Fact => {
    if (typeof value === 'string') return publicText(value, patterns);
    // A time of today or a number of a phone; what is counted or timed here is smaller.
    if (typeof value === 'number')
      return Number.isFinite(value) && Math.abs(value) < 10_000_000 ? value : '[number]';
    if (typeof value === 'boolean') return value;
    if (isList(value)) return value.map(pass);
    const entries = Object.entries(value).map(([name, inner]) => {
      if (name.endsWith('_version')) return [name, publicVersion(inner)] as const;
      return [publicName(name, secrets), pass(inner)] as const;
    });
    return Object.fromEntries(entries);
  };
  return pass(fact);
}

const isList = (value: Fact): value is readonly Fact[] => Array.isArray(value);

const MOST_CHARACTERS = 300;

/** A long word with a digit: an id, or a part of a token. */
const ID = /(?<![A-Za-z\d])(?=[A-Za-z]*\d)[A-Za-z\d]{12,}(?![A-Za-z\d])|(?<![\w-])(?=[\w-]*\d)[\w-]{16,}/;
/** Dotted words that name code or the site, and no machine. */
const OWN_DOTTED =
  /^(?:(?:web\.)?whatsapp\.com|whatsapp-web\.js|\d+(?:\.\d+)*|(?:WA\w+|WWebJS|window|Msg|[A-Za-z$_])(?:\.[$A-Za-z_]+)+)\.?$/;

/** Each line hides a kind of text. */
const HIDDEN: readonly (readonly [RegExp, string])[] = [
  [/["“”«»][\s\S]*["“”«»]/g, '[text]'],
  [/\w+:\/\/\S+/g, '[url]'],
  [/\S+@\S+/g, '[address]'],
  [/(?<![\w.])~?\/[\w.-]+\/[^:;,"]*/g, '[path]'],
  [/(?<!\w)[A-Za-z]:\\[^:;,"]*|\\\\[^:;,"]*/g, '[path]'],
  [/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)/g, '[address]'],
  [/(?<![\w:])(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4}/gi, '[address]'],
  [new RegExp(ID, 'g'), '[id]'],
  [/\+?\d(?:[ ()./_-]{0,3}\d){5,}/g, '[number]'],
];

function publicText(text: string, secrets: readonly RegExp[]): string {
  // Letters and digits in another form, and spaces that cannot be seen, would go past the patterns.
  const plain = hide(text, secrets)
    .normalize('NFKC')
    .replace(/[\p{Z}\p{C}]/gu, ' ')
    .replace(/\p{Pd}/gu, '-');
  return HIDDEN.reduce((left, [pattern, name]) => left.replace(pattern, name), hide(plain, secrets))
    .replace(/[\w-]+(?:\.[\w-]+)+\.?/g, (dotted) => (OWN_DOTTED.test(dotted) ? dotted : '[host]'))
    .replace(/[^\x20-\x7e]+/g, '[text]')
    .replace(/[<>`|]/g, ' ')
    .slice(0, MOST_CHARACTERS);
}

/** The name of a field: of an identifier's form, and without a number or an id in it. */
function publicName(name: string, secrets: PrivateWords): string {
  const isPlain = /^[$A-Za-z_][$\w]{0,60}$/.test(name) && !/\d{5}/.test(name) && !ID.test(name);
  return isPlain && !secrets.isNamed(name) ? name : '[name]';
}

/** A version of the page, the browser or the kit. Anything else is hidden: it is what a page says. */
function publicVersion(version: Fact): string {
  const isVersion =
    typeof version === 'string' && /^v?\d{1,4}(?:\.\d{1,10}){1,3}(?:-[a-z]{1,8})?$/.test(version);
  return isVersion ? version : '[not a version]';
}

function hide(text: string, secrets: readonly RegExp[]): string {
  return secrets.reduce((left, pattern) => left.replace(pattern, '[hidden]'), text);
}

/** A name within another word is no name; numbers and ids are hidden there too. */
function patternOf(word: string): string {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return /^[A-Za-z]+$/.test(word) ? `(?<![A-Za-z])${escaped}(?![A-Za-z])` : escaped;
}
