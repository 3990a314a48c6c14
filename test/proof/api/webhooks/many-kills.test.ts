import { DATABASES } from '../../../support/api/databases.ts';
import { assertKillsLoseNothing } from '../../../support/api/webhooks/kills.ts';

for (const { name } of DATABASES)
  describe(`webhooks on ${name}, when the api is killed again and again`, () => {
    it('go on without a gap, in order, and repeat only the last few', async () => {
      await assertKillsLoseNothing(name, 400, [30, 120, 121, 300]);
    });
  });
