import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { type Config, type Deployment, deployment, profiles } from '#config';
import { cloudrun } from '../../../../deploy/cloudrun/render.ts';
import { fly } from '../../../../deploy/fly/render.ts';
import { heroku } from '../../../../deploy/heroku/render.ts';
import { type Platform, Refusal, type RenderedFile, type RenderInput } from '../../../../deploy/platform.ts';
import { railway } from '../../../../deploy/railway/render.ts';
import { renderCom } from '../../../../deploy/render/render.ts';
import { renderInput } from '../../../../deploy/rendering/render-input.ts';

/** The platforms that run the kit as one container behind one port. */
export const singlePort: readonly Platform[] = [railway, renderCom, fly, heroku, cloudrun];

/** What a platform is given when `changes` are made to the committed declaration. */
export function inputFor(platform: Platform, changes: Partial<Deployment> = {}): RenderInput {
  return renderInput(platform.facts, { ...deployment, ...changes });
}

/** The input with other values in its configuration, as in `withConfig(input, { gate: { host: '::1' } })`. */
export function withConfig(
  input: RenderInput,
  changes: { readonly [Group in keyof Config]?: Partial<Config[Group]> },
): RenderInput {
  const merged = Object.entries(changes).map(([group, values]) => [
    group,
    { ...z.looseObject({}).parse(Reflect.get(input.config, group)), ...z.looseObject({}).parse(values) },
  ]);
  return { ...input, config: { ...input.config, ...Object.fromEntries(merged) } };
}

/** The text that a platform renders at a path. */
export function textAt(files: readonly RenderedFile[], path: string): string {
  const file = files.find((candidate) => candidate.path === path);
  assert.ok(file, `${path} is not among ${files.map((candidate) => candidate.path).join(', ')}`);
  return file.text;
}

/** A rendered file as data. A railway.ts is run, with functions in the place of the SDK that give back what they get. */
export function readRendered({ path, text }: RenderedFile): unknown {
  if (path.endsWith('.toml')) return parseToml(text);
  if (path.endsWith('.json')) return JSON.parse(text);
  if (path.endsWith('.ts')) return runRailway(text);
  return parseYaml(text);
}

/** The object that `service(name, config)` is given in a rendered railway.ts. */
function runRailway(text: string): unknown {
  const body = text.replace(/^import .*;$/m, '').replace('export default', 'return');
  let config: unknown;
  const run = new Function('defineRailway', 'preserve', 'project', 'service', 'volume', body);
  run(
    (program: () => unknown) => program(),
    () => ({ type: 'preserve' }),
    () => undefined,
    (_name: string, given: unknown) => {
      config = given;
    },
    () => ({ type: 'volume' }),
  );
  return config;
}

const record = z.record(z.string(), z.unknown());
const blueprint = z.object({
  services: z.tuple([
    z.object({ envVars: z.array(z.object({ key: z.string(), value: z.string().optional() })) }),
  ]),
});
const knative = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.tuple([
          z.object({ env: z.array(z.object({ name: z.string(), value: z.string().optional() })) }),
        ]),
      }),
    }),
  }),
});

/** The variables with a value that the rendered files give to the container. */
export function renderedEnvironment(platform: Platform, input: RenderInput): Record<string, string> {
  const [file] = platform.render(input);
  assert.ok(file);
  const data = readRendered(file);
  const pairs =
    platform.name === 'render'
      ? blueprint.parse(data).services[0].envVars.map(({ key, value }) => [key, value] as const)
      : platform.name === 'cloudrun'
        ? knative
            .parse(data)
            .spec.template.spec.containers[0].env.map(({ name, value }) => [name, value] as const)
        : platform.name === 'heroku'
          ? Object.entries(z.object({ setup: z.object({ config: record }) }).parse(data).setup.config)
          : Object.entries(z.object({ env: record }).parse(data).env);
  return Object.fromEntries(
    pairs.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])),
  );
}

/** The variable by which the kit knows where it is, and what the platform sets besides. */
export function platformVariables(platform: Platform): Record<string, string> {
  const profile = profiles[platform.facts.profile];
  assert.ok('detect' in profile, `${platform.name} is not detected`);
  return { [profile.detect]: 'here' };
}

/** Why a platform refuses an input; fails when it does not. */
export function reasonsOf(platform: Platform, input: RenderInput): readonly string[] {
  try {
    platform.render(input);
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return error.reasons;
  }
  return assert.fail(`${platform.name} has not refused`);
}

/** Fails with every error when data do not obey a schema. */
export function assertObeys(schema: object, data: unknown): void {
  const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false });
  const holds = ajv.validate(schema, data);
  assert.ok(holds, ajv.errorsText(undefined, { separator: '\n' }));
}

/** One way to spoil a file: a key that nobody knows, or a value of a wrong type. */
export interface Spoilt {
  readonly what: string;
  readonly data: unknown;
}

/** Every file that is one wrong key or one wrong type away from `data`. */
export function spoil(data: unknown): Spoilt[] {
  if (Array.isArray(data)) {
    const items: unknown[] = data;
    return items.flatMap((item, at) =>
      spoil(item).map((inner) => ({ what: `${at}.${inner.what}`, data: items.with(at, inner.data) })),
    );
  }
  if (typeof data !== 'object' || data === null)
    return [{ what: 'of a wrong type', data: { wrong: 'type' } }];
  return Object.entries(data).flatMap(([key, value]): Spoilt[] => {
    const { [key]: _left, ...others }: Record<string, unknown> = { ...data };
    return [
      { what: `${key} misspelt`, data: { ...others, [`${key}x`]: value } },
      ...spoil(value).map((inner) => ({
        what: `${key}.${inner.what}`,
        data: { ...others, [key]: inner.data },
      })),
    ];
  });
}

/** Says which spoilt files a schema lets pass. */
export function missedBy(schema: object, data: unknown): string[] {
  const validate = new Ajv({ strictRequired: false }).compile(schema);
  return spoil(data).flatMap((spoilt) => (validate(spoilt.data) ? [spoilt.what] : []));
}
