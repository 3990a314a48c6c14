import type { ProfileName } from './profiles.ts';
import type { PlacedSetting } from './schema.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** The places a value may come from, the strongest first. */
export interface Sources {
  readonly 'command line': Variables;
  readonly environment: Variables;
  readonly '.env': Variables;
}

export type Origin = keyof Sources | 'profile' | 'default';

export interface Resolved {
  readonly origin: Origin;
  /** The variable that gave the value; undefined for a default. */
  readonly variable?: string;
  /** The value as given; undefined for a default. */
  readonly text?: string;
  /** Said once, when several variables of the chain are set and differ. */
  readonly warning?: string;
}

/**
 * Where a setting's value comes from: the first source that sets it, and in that source the first variable of its
 * fallback chain. A variable that is set but empty counts as unset.
 */
export function resolve({ setting }: PlacedSetting, sources: Sources, profile: ProfileName): Resolved {
  const chain = [setting.env, ...(setting.fallbacks ?? [])];
  const given = (['command line', 'environment', '.env'] as const).flatMap((origin) =>
    chain.flatMap((variable) => {
      const text = sources[origin][variable];
      return text === undefined || text === '' ? [] : [{ origin, variable, text }];
    }),
  );
  const [first, ...others] = given;
  if (first !== undefined) {
    // The same variable in a stronger source is an override, and meant.
    const other = others.find(({ variable, text }) => variable !== first.variable && text !== first.text);
    const shown = ({ variable, text }: { variable: string; text: string }) =>
      setting.sensitive ? variable : `${variable}=${text}`;
    const warning =
      other && `${shown(first)} and ${shown(other)} differ: ${first.variable} wins; remove ${other.variable}`;
    return { ...first, ...(warning === undefined ? {} : { warning }) };
  }
  const differs = setting.profileDefault !== undefined && setting.profileDefault(profile) !== setting.default;
  return { origin: differs ? 'profile' : 'default' };
}
