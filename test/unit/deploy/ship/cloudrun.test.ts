import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createScene, KEY } from '../../../support/deploy/ship/scene.ts';

const REPOSITORY = 'europe-west1-docker.pkg.dev/mine/kits/gatehouse';
const DATABASE = 'postgres://kit:pass-word-of-the-kit@db/kit';
const PROGRAMS = {
  target: 'cloudrun',
  programs: ['gcloud', 'docker'],
  platforms: { cloudrun: { image: REPOSITORY, secrets: ['DATABASE_URL'] } },
  env: { API_KEYS: KEY, DATABASE_URL: DATABASE },
} as const;
const REGION = '--region=europe-west1';
const ASKS_FOR_BASE = 'docker image inspect --format {{join .RepoDigests " "}} node:24-trixie-slim';
const LOOKS = [
  'gcloud secrets list --format=value(name)',
  'gcloud secrets list --format=value(name)',
  `gcloud run services list ${REGION} --filter=metadata.name=gatehouse --format=json`,
];
const BUILD = [
  `docker build --platform linux/amd64 --target kit --build-arg RELEASE=new --tag ${REPOSITORY}:new .`,
  'gcloud auth configure-docker europe-west1-docker.pkg.dev --quiet',
  `docker push ${REPOSITORY}:new`,
];
const REPLACE = `gcloud run services replace ROOT/.cache/deploy/cloudrun.yaml ${REGION}`;
const sendTo = (revision: string) =>
  `gcloud run services update-traffic gatehouse --to-revisions=${revision}=100 ${REGION}`;
const revision = (name: string, release: string) => ({
  metadata: { name },
  spec: { containers: [{ env: [{ name: 'RELEASE', value: release }] }] },
});
const THERE = [
  { when: 'gcloud secrets list*', says: 'gatehouse-api-keys\ngatehouse-database-url\n' },
  { when: 'gcloud secrets versions access*api-keys', says: KEY },
  { when: 'gcloud secrets versions access*', says: 'postgres://changed' },
  {
    when: 'gcloud run services list*',
    says: JSON.stringify([{ status: { traffic: [{ revisionName: 'gatehouse-2', percent: 100 }] } }]),
  },
  {
    when: 'gcloud run revisions list*',
    says: JSON.stringify([
      revision('gatehouse-3', 'gone-wrong'),
      revision('gatehouse-2', 'old'),
      revision('gatehouse-1', 'older'),
    ]),
  },
];

describe('make deploy TARGET=cloudrun', () => {
  it('makes the secrets by standard input, builds, pushes, and replaces the service', async () => {
    using scene = createScene({ ...PROGRAMS, asksUrl: true });
    scene.answer([
      { when: 'gcloud run services list*', says: '[]' },
      { when: 'gcloud run services describe*', says: `${scene.url}\n` },
      { when: 'gcloud run services replace*', serves: 'new' },
    ]);
    assert.equal(await scene.deploy(), '');
    const create = (name: string) =>
      `gcloud secrets create gatehouse-${name} --replication-policy=automatic --data-file=-`;
    assert.deepEqual(scene.lines, [
      ...LOOKS,
      ASKS_FOR_BASE,
      create('api-keys'),
      create('database-url'),
      ...BUILD,
      REPLACE,
      `gcloud run services describe gatehouse ${REGION} --format=value(status.url)`,
    ]);
    assert.equal(scene.programs.calls.find(({ line }) => line === create('database-url'))?.input, DATABASE);
    assert.ok(!scene.told.includes(KEY) && !scene.told.includes('pass-word'), scene.told);
    const file = readFileSync(join(scene.root, '.cache/deploy/cloudrun.yaml'), 'utf8');
    const [container] = parse(file).spec.template.spec.containers;
    assert.equal(container.image, `${REPOSITORY}:new`);
    assert.deepEqual(container.env.at(-1), { name: 'RELEASE', value: 'new' });
    assert.ok(!file.includes(KEY) && !file.includes(DATABASE));
  });

  it('adds a version only of a secret that has changed', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([...THERE, { when: 'gcloud run services replace*', serves: 'new' }]);
    assert.equal(await scene.deploy(), '');
    const changes = scene.lines.filter((line) => /^gcloud secrets (create|versions add)/.test(line));
    assert.deepEqual(changes, ['gcloud secrets versions add gatehouse-database-url --data-file=-']);
  });

  it('sends the traffic to the revision that served when the new one does not stand', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old', release: 'leaky' });
    scene.answer([
      ...THERE,
      { when: 'gcloud run services replace*', serves: 'leaky' },
      { when: 'gcloud run services update-traffic*', serves: 'old' },
    ]);
    assert.match(await scene.deploy(), /it fails when looked at from outside[\s\S]*old serves again/);
    assert.deepEqual(scene.lines.slice(-2), [REPLACE, sendTo('gatehouse-2')]);
  });

  it('goes back to the revision before the one that serves, which need not be the last one', async () => {
    using scene = createScene({ ...PROGRAMS, serving: 'old' });
    scene.answer([...THERE, { when: 'gcloud run services update-traffic*', serves: 'older' }]);
    assert.equal(await scene.rollBack(), '');
    assert.deepEqual(scene.lines.slice(-1), [sendTo('gatehouse-1')]);
  });

  it('deploys nothing when Google does not tell what serves: it could not go back', async () => {
    using scene = createScene(PROGRAMS);
    scene.answer([{ when: 'gcloud run services list*', fails: 1 }]);
    assert.match(await scene.deploy(), /"look at what is there" failed/);
    assert.deepEqual(scene.lines, LOOKS);
  });

  it('refuses the registry that stands for one of your own', async () => {
    using scene = createScene({
      target: 'cloudrun',
      programs: ['gcloud', 'docker'],
      env: PROGRAMS.env,
    });
    assert.match(await scene.deploy(), /lies in no project of yours/);
  });
});
