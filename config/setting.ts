import type { FormatName, FormatValue } from './formats.ts';
import type { ProfileName } from './profiles.ts';

/** What a setting may be: the name of a format, or the list of its texts. */
export type Format = FormatName | readonly string[];

/** The type of a value in a format; of a list of texts, one of them. */
export type ValueOf<F extends Format> = F extends FormatName
  ? FormatValue<F>
  : F extends readonly (infer Choice)[]
    ? Choice
    : never;

/** A setting: its manual, its variable and what it may be. `.env.example` and the README's table are rendered from it. */
export interface Setting<F extends Format = Format> {
  readonly doc: string;
  readonly env: string;
  /** Older or wider names that count when `env` is unset, in order. */
  readonly fallbacks?: readonly string[];
  readonly format: F;
  readonly default: ValueOf<F>;
  /** The default of a profile, where it differs. */
  readonly profileDefault?: (profile: ProfileName) => ValueOf<F>;
  readonly sensitive?: boolean;
  /** Groups the table and `.env.example`. */
  readonly group: string;
}

/** The values of a tree of settings, in the shape of the tree. */
export type ValuesOf<Tree> =
  Tree extends Setting<infer F> ? ValueOf<F> : { -readonly [Name in keyof Tree]: ValuesOf<Tree[Name]> };

/** Declares a setting. The format gives the type of the default and of the value. */
export function setting<const F extends Format>(entry: Setting<F>): Setting<F> {
  return entry;
}

/** Declares one setting for each entry of a list, by the names in the list. */
export function settingForEach<Entry extends { readonly name: string }, F extends Format>(
  entries: readonly Entry[],
  declare: (entry: Entry) => Setting<F>,
): Record<Entry['name'], Setting<F>> {
  const settings: Record<string, Setting<F>> = Object.fromEntries(
    entries.map((entry) => [entry.name, declare(entry)]),
  );
  if (!hasEach(settings, entries)) throw new Error('an entry has no setting');
  return settings;
}

function hasEach<Entry extends { readonly name: string }, T>(
  settings: Record<string, T>,
  entries: readonly Entry[],
): settings is Record<Entry['name'], T> {
  return entries.every(({ name }) => Object.hasOwn(settings, name));
}
