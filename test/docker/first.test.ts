import assert from 'node:assert/strict';
import { sayNotTested } from '../netns/say-what-lacks.ts';
import { FIRST_TIME_MS, lacksForEngine, startEngine } from './engine.ts';

describe('image, as it is meant to run', () => {
  const lack = lacksForEngine();
  if (lack !== undefined) return sayNotTested('the image', lack);
  it('sends a message', async function () {
    this.timeout(FIRST_TIME_MS);
    await using engine = await startEngine();
    const kit = await engine.run(await engine.image());
    await kit.ready();
    const { status, body } = await kit.request(
      '/api/whatsapp/send',
      '-H',
      'content-type: application/json',
      '-d',
      '{"chat_id":"15550100199@c.us","message":"hi"}',
    );
    assert.equal(status, 200, body);
    assert.equal(await kit.stop(), 0);
  });
});
