import type { Deployment } from '#config';
import type { Platform, PlatformFacts, RenderedFile, RenderInput } from '../platform.ts';
import { containerEnvironment } from '../rendering/container-environment.ts';
import { lossesOn } from '../rendering/ephemeral-disk.ts';
import { fileHeader, madeFrom } from '../rendering/file-header.ts';
import { demandOneContainer } from '../rendering/one-container.ts';
import { yamlText } from '../rendering/yaml-text.ts';

const MANIFEST = 'heroku.yml';
const APP = 'app.json';

const facts: PlatformFacts = {
  title: 'Heroku',
  profile: 'heroku',
  port: 'injected',
  bootLimitMs: 60_000,
  health: 'none: the port must be bound',
  stopSignal: 'SIGTERM',
  disk: 'ephemeral',
  overlap: 'never',
  reservedVariables: /^(PORT|DYNO|HEROKU_.*)$/,
  sleeps: 'Eco dynos: after 30 minutes without requests',
  mostFirstByteMs: 30_000,
  edgeIdleMs: 55_000,
  // Dynos run images as a user of Heroku's, who may write little but /tmp; it is gone with the dyno wherever it lies.
  settings: { DATA_DIR: '/tmp/gatehouse' },
  sets: 'PostgreSQL for the messages, one dyno that never sleeps, `DATA_DIR` in `/tmp`; the login is lost at each restart',
  sources: [
    'devcenter.heroku.com: build-docker-images-heroku-yml, app-json-schema, dyno-shutdown-behavior, http-routing, container-registry-and-runtime, read 2026-11',
  ],
};

/** What Heroku rents, smallest first, of what does not sleep. */
const DYNOS = [
  { size: 'standard-1x', memoryMb: 512 },
  { size: 'standard-2x', memoryMb: 1_024 },
  { size: 'performance-m', memoryMb: 2_560 },
  { size: 'performance-l', memoryMb: 14_336 },
] as const;

/** The smallest that has no limit of rows and takes connections enough for the api. */
export const DATABASE = { plan: 'heroku-postgresql:essential-0', as: 'DATABASE' };

/** Heroku, by heroku.yml for the image and app.json for the app. */
export const heroku: Platform<'heroku'> = { name: 'heroku', facts, files: [MANIFEST, APP], render };

function render(input: RenderInput): readonly RenderedFile[] {
  const { deployment } = input;
  const dyno = dynoFor(deployment);
  demandOneContainer('heroku', input, facts, [
    ...lossesOn(input),
    ...(dyno === undefined
      ? [`no dyno has ${deployment.memoryMb} MB: lower memoryMb in config/deployment.ts`]
      : []),
  ]);
  const variables = Object.entries(variablesOf(input));
  const manifest = {
    setup: { addons: [DATABASE], config: Object.fromEntries(variables) },
    build: { docker: { web: 'Dockerfile' } },
  };
  const app = {
    name: deployment.name,
    description: `WhatsApp behind one port. ${madeFrom} ${loss}`,
    stack: 'container',
    env: {
      ...Object.fromEntries(variables.map(([name, value]) => [name, { value }])),
      ...Object.fromEntries(
        deployment.secrets
          .filter(isOurs)
          .map((name) => [name, { description: descriptionOf(name), required: true }]),
      ),
    },
    addons: [DATABASE],
    formation: { web: { quantity: 1, size: dyno?.size } },
  };
  return [
    {
      path: MANIFEST,
      text: fileHeader('#', input, notesOn(input, dyno?.size ?? '')) + yamlText(manifest),
    },
    { path: APP, text: `${JSON.stringify(app, undefined, 2)}\n` },
  ];
}

/** The smallest dyno that has the memory. */
export function dynoFor({ memoryMb }: Pick<Deployment, 'memoryMb'>): (typeof DYNOS)[number] | undefined {
  return DYNOS.find((dyno) => dyno.memoryMb >= memoryMb);
}

/** What is set on the app, secrets apart. */
export function variablesOf(input: Pick<RenderInput, 'deployment' | 'config'>): Record<string, string> {
  // The certificate of Heroku's databases is signed by nobody known; inside its network TLS is what it asks for.
  return Object.fromEntries([['PGSSLMODE', 'no-verify'], ...containerEnvironment(input)]);
}

const loss =
  'The disk of a dyno is lost at each restart, at least daily, and the WhatsApp login with it: somebody must scan the code again.';

function notesOn({ deployment }: RenderInput, size: string): string[] {
  const secrets = deployment.secrets.filter(isOurs).map((secret) => `${secret}=…`);
  return [
    loss,
    'Messages wait in PostgreSQL until then. DATABASE_URL comes from the add-on. What a phone sent while nobody was linked is fetched after linking, as far as WhatsApp gives it.',
    `Before the first deploy: heroku stack:set container, heroku config:set ${secrets.join(' ')}. Then git push heroku, and heroku ps:scale web=1:${size}; never preboot, which would be two bridges.`,
  ];
}

/** The add-on sets DATABASE_URL itself, and app.json must not ask for it. */
function isOurs(secret: string): boolean {
  return secret !== 'DATABASE_URL';
}

function descriptionOf(name: string): string {
  return name === 'API_KEYS'
    ? 'Keys that open the api, at least 24 characters each: openssl rand -hex 24'
    : 'A secret.';
}
