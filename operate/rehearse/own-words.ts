/**
 * Errors of the page, and of JavaScript, that name nobody. Any other text of the page may hold what people write.
 * Source of the first three: wwebjs#201921, wwebjs#201830, whatsapp-web.js 1.34.7.
 */
const PAGE_TEXTS: readonly RegExp[] = [
  /Data passed to getter must include an id property/,
  /Failed to execute '\w+' on 'IDB\w+'/,
  /No LID for user/,
  /Cannot (?:read|set) properties of (?:undefined|null) \((?:reading|setting) '[$A-Za-z_]{1,40}'\)/,
  /\b[$A-Za-z_]+(?:\.[$A-Za-z_]+){0,4} is not a (?:function|constructor)/,
];

/**
 * What the kit itself says in an error or a reason. Its sentences end in a colon or a quotation mark where they pass on the
 * words of others, which are left out unless they are a known error of the page.
 */
export function ownWords(text: string): string {
  const [, beginning = '', rest = ''] =
    /^(nothing was (?:sent|done)(?: to \S+)?: )?([\s\S]*)$/.exec(text) ?? [];
  const head = rest.split(/: |["\n“]/)[0] ?? '';
  const known = PAGE_TEXTS.flatMap((pattern) => pattern.exec(rest.slice(head.length))?.[0] ?? []);
  return `${beginning}${head.trim()}${known.length === 0 ? '' : ` (${known.join('; ')})`}`;
}
