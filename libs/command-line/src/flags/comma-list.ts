/** One line of CSV, as Go's flags read lists: commas part, double quotes hold together. */
export function splitCommaList(text: string): readonly string[] {
  if (text === '') return [];
  const words: string[] = [];
  for (const [, quoted, plain = ''] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/gu)) {
    words.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
  }
  // The pattern matches once more, emptily, at the end of a text that does not end in a comma.
  if (!text.endsWith(',')) words.pop();
  return words;
}
