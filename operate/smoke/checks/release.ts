import { failed, passed, type Row, skipped } from '../report.ts';
import { LIVE_PATH } from './answers.ts';

/** Whether what answers is what was shipped. */
export function checkRelease(found: string | undefined, expected: string | undefined): Row {
  if (expected === undefined)
    return skipped('release', found === undefined ? 'no release was expected' : `runs release ${found}`);
  if (found === expected) return passed('release', `runs release ${found}`);
  if (found === undefined) return nameless(`${LIVE_PATH} names no release, and ${expected} was expected`);
  return failed(
    'release',
    `runs release ${found}, and ${expected} was expected`,
    'the old release still answers: the deploy has not come through, or went to another place',
    'see in the log of the platform whether the new release became healthy; deploy again when it did not',
  );
}

function nameless(evidence: string): Row {
  return failed(
    'release',
    evidence,
    'the kit was started without the setting RELEASE, or an older kit answers',
    'set RELEASE where the platform starts the kit, or leave --expect-release away',
  );
}
