import { listSettings } from '#config';
import type { PlatformFacts, RenderInput } from '../platform.ts';

/** What one rule has against a declaration, each with its remedy. */
type Rule = (input: RenderInput, facts: PlatformFacts) => readonly string[];

const rules: readonly Rule[] = [
  nameFits,
  domainIsHost,
  sizesAreSizes,
  memorySuffices,
  variablesAreNamed,
  variablesAreFree,
  secretsStaySecret,
];

/** What is wrong with config/deployment.ts by itself, on the platform of these facts, each with its remedy. */
export function declarationFaults(input: RenderInput, facts: PlatformFacts): string[] {
  return rules.flatMap((rule) => rule(input, facts));
}

/** The shortest that all of them take: Fly's and Heroku's are at most 30 characters and begin with a letter. */
function nameFits({ deployment: { name } }: RenderInput): readonly string[] {
  if (/^[a-z]([a-z0-9-]{1,28}[a-z0-9])$/.test(name)) return [];
  return [
    `the name "${name}" is not 3 to 30 lower-case letters, digits and hyphens that begin with a letter: change name in config/deployment.ts`,
  ];
}

function domainIsHost({ deployment: { domain } }: RenderInput): readonly string[] {
  if (domain === undefined || /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(domain)) return [];
  return [
    `the domain ${JSON.stringify(domain)} is no host name: write it without scheme, port and path, such as chat.example.org`,
  ];
}

function sizesAreSizes({ deployment: { volumeGb, cpus } }: RenderInput): readonly string[] {
  return [
    ...(Number.isInteger(volumeGb) && volumeGb >= 1
      ? []
      : [`volumeGb is ${volumeGb}, and volumes come in whole gigabytes: change it in config/deployment.ts`]),
    ...(cpus > 0 ? [] : [`cpus is ${cpus}, and must be more than 0: change it in config/deployment.ts`]),
  ];
}

const LEAST_MEMORY_MB = 768;

function memorySuffices({ deployment: { memoryMb } }: RenderInput): readonly string[] {
  if (memoryMb >= LEAST_MEMORY_MB) return [];
  return [
    `memoryMb is ${memoryMb}, and below ${LEAST_MEMORY_MB} Chromium is killed under load: raise it in config/deployment.ts`,
  ];
}

function variablesAreNamed({ deployment: { settings, secrets } }: RenderInput): readonly string[] {
  return [...Object.keys(settings), ...secrets]
    .filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    .map((name) => `${JSON.stringify(name)} is no name of a variable (letters, digits, _): rename it`);
}

function variablesAreFree(
  { deployment: { settings, secrets } }: RenderInput,
  { reservedVariables }: PlatformFacts,
): readonly string[] {
  return [...Object.keys(settings), ...secrets]
    .filter((name) => reservedVariables?.test(name) === true)
    .map(
      (name) => `${name} is set by the platform or by the rendered file: remove it from config/deployment.ts`,
    );
}

function secretsStaySecret({ deployment: { settings, secrets } }: RenderInput): readonly string[] {
  const sensitive = listSettings().flatMap(({ setting }) => (setting.sensitive ? [setting.env] : []));
  const shown = Object.keys(settings).filter((name) => sensitive.includes(name) || secrets.includes(name));
  return shown.map(
    (name) => `${name} is a secret and has a value in settings, which is committed: name it in secrets only`,
  );
}
