import { endEngine, lacksForEngine, startEngine } from './engine.ts';

/**
 * Brings the Docker engine up and builds the images of this working tree, then ends the engine: what it fetched and
 * built stays. The runner does this beside the tests that come before those of Docker.
 */
if (lacksForEngine() === undefined) {
  const engine = await startEngine();
  await Promise.all([engine.image('kit'), engine.image('port')]);
  await endEngine();
}
