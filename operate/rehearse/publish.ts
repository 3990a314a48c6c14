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
      for (const part of parts) if (part.length >= 3 && !COMMON.has(part)) this.#words.add(part);
      // Somebody may be called "Joe Phone": the kit writes its own words small.
      for (const part of text.split(/\s+/)) if (part.length >= 3) this.#partsOfNames.add(part);
    }
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

/** Parts of ids that say nothing of anybody. */
const COMMON = new Set(['true', 'false', 'out', 'c.us', 'g.us', 'lid', 'broadcast']);

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
      return [publicName(name, patterns), pass(inner)] as const;
    });
    return Object.fromEntries(entries);
  };
  return pass(fact);
}

const isList = (value: Fact): value is readonly Fact[] => Array.isArray(value);

const MOST_CHARACTERS = 300;

function publicText(text: string, secrets: readonly RegExp[]): string {
  return hide(text, secrets)
    .replace(/["“”«»][\s\S]*["“”«»]/g, '[text]')
    .replace(/\w+:\/\/\S+/g, '[url]')
    .replace(/\S+@\S+/g, '[address]')
    .replace(/(?<![\w.])~?\/[\w.-]+\/\S*/g, '[path]')
    .replace(/\b(?=[A-Za-z]*\d)[A-Za-z\d]{12,}\b/g, '[id]')
    .replace(/\+?\d(?:[ ().-]{0,2}\d){5,}/g, '[number]')
    .replace(/[^\x20-\x7e]+/g, '[text]')
    .replace(/[<>`|]/g, ' ')
    .slice(0, MOST_CHARACTERS);
}

/** The name of a field: of an identifier's form and without a number in it. */
function publicName(name: string, secrets: readonly RegExp[]): string {
  const isPlain = /^[$A-Za-z_][$\w]{0,60}$/.test(name) && !/\d{5}/.test(name);
  return isPlain && hide(name, secrets) === name ? name : '[name]';
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
