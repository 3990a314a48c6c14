/**
 * Prints what a test has measured, with what it is of: files run beside each other, and the report of one comes when it
 * has ended.
 */
export function tellFigures(of: string, figures: string): void {
  process.stdout.write(`    measured: ${of}: ${figures}\n`);
}
