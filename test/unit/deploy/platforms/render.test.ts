import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { renderCom } from '../../../../deploy/render/render.ts';
import { renderBlueprint } from '../../../support/deploy/platforms/schemas/render-blueprint.ts';
import {
  assertObeys,
  inputFor,
  missedBy,
  reasonsOf,
  textAt,
} from '../../../support/deploy/platforms/support.ts';

describe('render.yaml', () => {
  const rendered = (changes = {}) => textAt(renderCom.render(inputFor(renderCom, changes)), 'render.yaml');

  it('is the Blueprint that Render documents, bare and with all that can be declared', () => {
    assertObeys(renderBlueprint, parse(rendered()));
    const full = { region: 'frankfurt', domain: 'chat.example.org', settings: { TZ: 'UTC', PORT: '10080' } };
    assertObeys(renderBlueprint, parse(rendered(full)));
  });

  it('is no Blueprint any more with one key misspelt or one value mistyped', () => {
    assert.deepEqual(missedBy(renderBlueprint, parse(rendered())), []);
  });

  it('asks for one paid instance with a disk, that drains and is deployed only when told', () => {
    assert.deepEqual(parse(rendered()), {
      previews: { generation: 'off' },
      services: [
        {
          type: 'web',
          name: 'gatehouse',
          runtime: 'docker',
          plan: 'standard',
          dockerfilePath: './Dockerfile',
          dockerContext: '.',
          numInstances: 1,
          autoDeployTrigger: 'off',
          healthCheckPath: '/health/live',
          maxShutdownDelaySeconds: 30,
          disk: { name: 'gatehouse-data', mountPath: '/data', sizeGB: 5 },
          envVars: [
            { key: 'PORT', value: '8080' },
            { key: 'API_KEYS', sync: false },
          ],
        },
      ],
    });
  });

  it('reads the same to a parser of YAML 1.1, which takes a bare off for false', () => {
    const settings = { A: 'no', B: 'on', C: '0777', D: '1:30', E: '2026-11-28' };
    const text = rendered({ settings });
    assert.deepEqual(parse(text, { version: '1.1' }), parse(text));
  });

  it('buys the smallest plan that has the memory and the CPUs', () => {
    const plan = (memoryMb: number, cpus: number) => parse(rendered({ memoryMb, cpus })).services[0].plan;
    assert.equal(plan(2_048, 1), 'standard');
    assert.equal(plan(2_049, 1), 'pro');
    assert.equal(plan(1_024, 4), 'pro plus');
    assert.match(
      reasonsOf(renderCom, inputFor(renderCom, { cpus: 64 }))[0] ?? '',
      /^no plan has 1024 MB and 64 CPUs/,
    );
  });

  it('refuses a disk where Render mounts none', () => {
    for (const path of ['/', '/opt', '/etc', '/home'])
      assert.match(
        reasonsOf(renderCom, inputFor(renderCom, { settings: { DATA_DIR: path } })).join('\n'),
        /is a path that Render mounts no disk on/,
      );
  });
});
