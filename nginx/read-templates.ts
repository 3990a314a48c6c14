import { readFileSync } from 'node:fs';

/** The templates in `nginx/templates/`. */
export interface Templates {
  /** The whole configuration, with the parts that it includes. */
  readonly gate: string;
  readonly route: string;
  readonly admission: string;
  readonly upstream: string;
}

/** Reads the templates. `{{INCLUDE:name}}`, alone on its line, is replaced by the template of that name. */
export function readTemplates(): Templates {
  const gate = readTemplate('gate').replace(/^\{\{INCLUDE:([a-z-]+)\}\}\n/gm, (_line, name: string) =>
    readTemplate(name),
  );
  return {
    gate,
    route: readTemplate('route'),
    admission: readTemplate('admission-request'),
    upstream: readTemplate('upstream'),
  };
}

function readTemplate(name: string): string {
  return readFileSync(new URL(`templates/${name}.conf`, import.meta.url), 'utf8');
}
