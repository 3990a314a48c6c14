import { CAPABILITIES } from '../../../../services/bridge/page/compat/capabilities.ts';
import { EDITIONS } from '../../../../services/sandbox/web/settings.ts';
import type { Cell, Cells } from './cells.ts';
import type { Column } from './columns.ts';

/** The page of the documents with the matrix, and the command that writes it. */
export const DOCUMENT = 'docs/whatsapp-matrix.md';
const COMMAND = `MATRIX_OUT=${DOCUMENT} npx mocha test/proof/bridge/page-matrix.test.ts`;

/** A column with what was found, or what is expected. */
export interface ShownColumn {
  readonly column: Column;
  readonly cells: Cells;
}

/** A column as a run has found it. */
export interface FoundColumn extends ShownColumn {
  /** Why a contract failed, by capability. */
  readonly failures: Readonly<Record<string, unknown>>;
  readonly tookMs: number;
}

const LETTERS: Readonly<Record<Cell, string>> = {
  ok: '.',
  patched: 'p',
  without: 'o',
  waits: 'w',
  refused: 'r',
  broken: 'b',
  none: ' ',
};
const MEANINGS: Readonly<Record<Cell, string>> = {
  ok: 'the contract of the capability holds',
  patched: 'the same, with a patch of the kit',
  without: 'the message goes without it',
  waits: 'not said to be sent; the message waits, and is looked for or tried again',
  refused: 'nothing is sent; the message fails with the reason',
  broken: 'reported as broken; it holds back no request',
  none: 'the page gives no way to see it',
};
const NAME_WIDTH = Math.max(...CAPABILITIES.map(({ name }) => name.length)) + 2;
/** The matrix in a document is cut into tables of so many columns. */
const PART = 8;

/** The matrix for a terminal: a letter for each cell, `!` for one that differs from what is expected. */
export function renderText(results: readonly FoundColumn[]): string {
  const numbers = results.map((_result, index) => String(index + 1).padStart(2));
  const head = [0, 1].map(
    (digit) => ''.padEnd(NAME_WIDTH) + numbers.map((text) => ` ${text[digit]}`).join(''),
  );
  const rows = CAPABILITIES.map(({ name }) => {
    const cells = results.map(({ cells, failures }) => {
      const cell = cells[name];
      return cell === undefined || name in failures ? '!' : LETTERS[cell];
    });
    return name.padEnd(NAME_WIDTH) + cells.map((letter) => ` ${letter}`).join('');
  });
  const meanings = Object.entries(MEANINGS).map(([cell, text]) => `  ${letterOf(cell)} ${cell}: ${text}`);
  const legend = results.map(
    ({ column, tookMs }, index) =>
      `${numbers[index]} ${titleOf(column.page)} (${(tookMs / 1_000).toFixed(1)} s): ${column.because}`,
  );
  return [...head, ...rows, '', ...meanings, '', ...legend, ''].join('\n');
}

/** The same as a page of the documents. */
export function renderDocument(results: readonly ShownColumn[]): string {
  const isEdition = ({ column }: ShownColumn) => EDITIONS.some((edition) => edition === column.page);
  const switches = results.filter((result) => !isEdition(result));
  const parts = [];
  for (let start = 0; start < switches.length; start += PART) parts.push(switches.slice(start, start + PART));
  const cells = Object.entries(MEANINGS).map(([cell, text]) => `| ${cell} | ${text} |\n`);
  const reasons = switches.map(({ column }) => `| \`${switchesOf(column.page)}\` | ${column.because} |\n`);
  return `# What works on which page

The stand-in of WhatsApp Web has dated editions, and switches that make a page harder on the kit (\`SANDBOX_PAGE\`). On each, a short contract of every capability runs through a real bridge, the real library and a real Chromium. Written by \`${COMMAND}\`; nothing here was seen on the real WhatsApp Web.

| Cell | Means |
| --- | --- |
${cells.join('')}
## The editions, without switches

${table(results.filter(isEdition))}
## The newest edition, with each switch at its harsher side

${parts.map(table).join('\n')}
## The switches

| Switch | What it does |
| --- | --- |
${reasons.join('')}`;
}

function table(results: readonly ShownColumn[]): string {
  const titles = results.map(({ column }) => `\`${titleOf(column.page)}\``);
  const rows = CAPABILITIES.map(
    ({ name }) => `| \`${name}\` | ${results.map(({ cells }) => cells[name] ?? '?').join(' | ')} |\n`,
  );
  return `| Capability | ${titles.join(' | ')} |\n| --- |${' --- |'.repeat(results.length)}\n${rows.join('')}`;
}

/** Short text that names a page: its edition, or its switches. */
function titleOf(page: string): string {
  return switchesOf(page).replace(/=([^,]{16})[^,]+/g, '=$1…');
}

function switchesOf(page: string): string {
  const [edition = '', ...switches] = page.split(',');
  return switches.length === 0 ? edition : switches.join(',');
}

function letterOf(cell: string): string {
  return Object.entries(LETTERS).find(([name]) => name === cell)?.[1] ?? '?';
}
