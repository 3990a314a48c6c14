import { assertBridgeTakes } from '../../../support/api/outbox/accepted-bodies.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);

describe('whatever the api accepts, of many bodies', () => {
  it(`is a body that the bridge takes (seed ${SEED})`, () => assertBridgeTakes(SEED, 1_000));
});
