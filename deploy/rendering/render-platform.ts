import { ConfigError, type Deployment, deployment, type ServiceDeclaration, topology } from '#config';
import { type Platform, Refusal, type RenderedFile } from '../platform.ts';
import { renderInput } from './render-input.ts';

/** What a platform makes of the declarations: its files, or why it is refused and what must then not lie about. */
export interface Rendered {
  readonly files: readonly RenderedFile[];
  /** For people, with every reason and its remedy. */
  readonly refused?: string;
  /** Paths that would mislead, were they still there. */
  readonly stale: readonly string[];
}

/** Renders for one platform. A setting that is wrong there refuses it as a rule of its own does. */
export function renderPlatform(
  platform: Platform,
  declared: Deployment = deployment,
  services: readonly ServiceDeclaration[] = topology,
): Rendered {
  try {
    const files = platform.render({ ...renderInput(platform.facts, declared), services });
    const paths = files.map(({ path }) => path);
    return { files, stale: (platform.files ?? []).filter((path) => !paths.includes(path)) };
  } catch (error) {
    if (error instanceof Refusal) return { files: [], refused: error.message, stale: platform.files ?? [] };
    if (!(error instanceof ConfigError)) throw error;
    const { message } = new Refusal(platform.name, error.problems);
    return { files: [], refused: message, stale: platform.files ?? [] };
  }
}
