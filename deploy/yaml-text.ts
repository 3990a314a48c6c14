import { Document, isScalar, visit } from 'yaml';

/**
 * YAML that parsers of both versions read alike, without aliases: platforms use either. 1.1 takes off for false, 1.2
 * takes 0o17 for 15, so what one of them could take for something else is quoted.
 */
export function yamlText(data: object): string {
  const document = new Document(data, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && /^[-+.]?[\d.]/.test(node.value))
        node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 });
}
