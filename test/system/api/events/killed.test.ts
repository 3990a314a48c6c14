import { assertKillsLoseNothing } from '../../../support/api/events/kills.ts';

for (const name of ['sqlite', 'postgres'] as const)
  describe(`event log, whose api is killed, on ${name}`, () => {
    it('has everything that was taken, once and in order, for the reader that comes back', async () => {
      await assertKillsLoseNothing(name, 1);
    });
  });
