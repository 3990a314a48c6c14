import type { Deployment } from '#config';
import type { Platform, RenderedFile, RenderInput } from '../platform.ts';
import { containerEnvironment } from '../rendering/container-environment.ts';
import { fileHeader, madeFrom } from '../rendering/file-header.ts';
import { requireOneContainer } from '../rendering/one-container.ts';
import { yamlText } from '../rendering/yaml-text.ts';
import { DATABASE, DATABASE_VARIABLE, DYNOS, facts } from './facts.ts';

const MANIFEST = 'heroku.yml';
const APP = 'app.json';

/** Heroku, by heroku.yml for the image and app.json for the app. */
export const heroku: Platform<'heroku'> = { name: 'heroku', facts, files: [MANIFEST, APP], render };

function render(input: RenderInput): readonly RenderedFile[] {
  const { deployment } = input;
  const dyno = dynoFor(deployment);
  requireOneContainer('heroku', input, facts, [
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
          .filter(isSetByOperator)
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
  const secrets = deployment.secrets.filter(isSetByOperator).map((secret) => `${secret}=…`);
  return [
    loss,
    'Messages wait in PostgreSQL until then. DATABASE_URL comes from the add-on. What a phone sent while nobody was linked is fetched after linking, as far as WhatsApp gives it.',
    `Before the first deploy: heroku stack:set container, heroku config:set ${secrets.join(' ')}. Then git push heroku, and heroku ps:scale web=1:${size}; never preboot, which would be two bridges.`,
  ];
}

/** The add-on sets its variable itself, and app.json must not ask for it. */
function isSetByOperator(secret: string): boolean {
  return secret !== DATABASE_VARIABLE;
}

function descriptionOf(name: string): string {
  return name === 'API_KEYS'
    ? 'Keys that open the api, at least 24 characters each: openssl rand -hex 24'
    : 'A secret.';
}
