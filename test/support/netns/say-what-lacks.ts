/** Stands for tests that cannot run here: says so aloud, by name; CI must be able to run them. */
export function sayNotTested(what: string, lack: string): void {
  it(`is not tested here: ${lack}`, () => {
    if (process.env.CI !== undefined && process.env.CI !== '')
      throw new Error(`CI must test ${what}, and cannot: ${lack}`);
    process.stderr.write(`    NOT TESTED: ${what}: ${lack}\n`);
  });
}
