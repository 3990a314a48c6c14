import assert from 'node:assert/strict';
import { type Deployment, deployment } from '#config';
import { nginx } from '../../../../deploy/nginx/render.ts';
import { Refusal } from '../../../../deploy/platform.ts';
import { fileOf, filesOf } from '../../../support/deploy/platforms/rendered-by.ts';

const confOf = (declared: Deployment = deployment) => fileOf(filesOf(nginx, declared), 'gatehouse.conf');

describe('nginx in front of the kit, as the declarations make it', () => {
  it('says from what it was made, and what the kit must be told', () => {
    assert.match(confOf(), /^# Made by make render/);
    assert.match(confOf().replaceAll('\n# ', ' '), /TRUSTED_PROXY_HOPS=1.*GATE_HOST=127\.0\.0\.1/);
  });

  it('answers to the domain, and is refused for one that is none and would say something to nginx', () => {
    assert.match(confOf({ ...deployment, domain: 'chat.example.org' }), /server_name chat\.example\.org;/);
    assert.throws(() => confOf({ ...deployment, domain: 'a.org; return 200' }), Refusal);
  });

  it('lets through what the gate lets through', () => {
    const settings = { MEDIA_MAX_BYTES: '100MiB' };
    assert.match(confOf({ ...deployment, settings }), new RegExp(`client_max_body_size ${101 * 1024 ** 2};`));
  });
});
