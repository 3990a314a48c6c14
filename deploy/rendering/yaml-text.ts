import { Document, isScalar, visit } from 'yaml';

/**
 * YAML that parsers of both versions read alike, without aliases: platforms use either. 1.1 takes off for false, 1.2
 * takes 0o17 for 15, so what one of them could take for something else is quoted.
 */
export function yamlText(data: object): string {
  return documentText(new Document(data, FOR_BOTH));
}

/** How a document is to be made for `documentText`. */
export const FOR_BOTH = { version: '1.1', aliasDuplicateObjects: false } as const;

/** The same of a document that has aliases of its own. */
export function documentText(document: Document): string {
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && NEEDS_QUOTES.test(node.value))
        node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** The beginning of a number; or lines of white space alone, of which the library makes a block that loses some. */
const NEEDS_QUOTES = /^[-+.]?[\d.]|^\s*\n\s*$/;
