import assert from 'node:assert/strict';
import fc from 'fast-check';
import { composeEnvFile, flySecretLines, systemdEnvFile } from '../../../../deploy/shipping/env-file.ts';
import { ShipError } from '../../../../deploy/shipping/target.ts';

const value = fc.string({ maxLength: 30, unit: fc.constantFrom(...'ab0 \'"\\$`#={}!%') });

/** As systemd.exec(5) says of double quotes in an EnvironmentFile=. */
function readSystemd(line: string): string {
  const quoted = /^[A-Z_]+="(.*)"\n$/s.exec(line)?.[1] ?? assert.fail(line);
  return quoted.replace(/\\([\\"`$])/g, '$1');
}

/** As compose-go reads single quotes: a backslash counts only before a quote. */
function readCompose(line: string): string {
  const quoted = /^[A-Z_]+='(.*)'\n$/s.exec(line)?.[1] ?? assert.fail(line);
  assert.doesNotMatch(quoted, /(?<!\\)'/, 'a quote would end it');
  return quoted.replaceAll("\\'", "'");
}

describe('an env file of a deploy', () => {
  it('gives systemd the very value', () => {
    fc.assert(fc.property(value, (text) => assert.equal(readSystemd(systemdEnvFile({ NAME: text })), text)));
  });

  it('gives Compose the very value, or refuses it by name', () => {
    fc.assert(
      fc.property(value, (text) => {
        if (/\\('|$)/.test(text))
          assert.throws(() => composeEnvFile({ NAME: text }), /^ShipError: NAME has a backslash/);
        else assert.equal(readCompose(composeEnvFile({ NAME: text })), text);
      }),
    );
  });

  it('gives Fly the very value between quotes, which it takes off', () => {
    assert.equal(
      flySecretLines({ A: `x'y"z`, B: ' $HOME # no comment' }),
      `A="x'y"z"\nB=" $HOME # no comment"\n`,
    );
    assert.throws(() => flySecretLines({ A: 'a"b#c' }), /A has both a quote and a #/);
  });

  it('refuses line breaks by the name of every variable, and never by value', () => {
    for (const write of [composeEnvFile, systemdEnvFile, flySecretLines])
      assert.throws(
        () => write({ ONE: 'hidden\nPORT=1', GOOD: 'x', TWO: 'hidden\r' }),
        (error: unknown) =>
          error instanceof ShipError &&
          /^ONE has a line break.*\nTWO has a line break/.test(error.message) &&
          !error.message.includes('hidden'),
      );
  });
});
