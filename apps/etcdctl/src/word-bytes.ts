/*
 * Keys and values are bytes, words of a command line are text. A byte that is no part of UTF-8 is
 * carried in a word as half a pair of UTF-16, U+DC80 to U+DCFF, which no text has (PEP 383).
 */
const CARRIER = 0xdc00;
const CARRIED = /[\udc80-\udcff]/u;

/** Unicode 15, table 3-7, over bytes as Latin-1; what else is there stands alone. */
const UTF8_OR_BYTE =
  /([\0-\x7f]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})|[^]/gu;

/** What stands in a word for this byte. */
export const carried = (byte: number): string =>
  String.fromCharCode(byte < 0x80 ? byte : CARRIER + byte);

export function wordOf(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(UTF8_OR_BYTE, (piece, text?: string) =>
      text === undefined ? carried(piece.charCodeAt(0)) : Buffer.from(text, 'latin1').toString(),
    );
}

/** Whether it stands for itself, in UTF-8. */
export const isText = (word: string): boolean => !CARRIED.test(word);

/** What a word stands for. */
export function bytesOf(word: string): Buffer {
  if (isText(word)) return Buffer.from(word);
  return Buffer.concat(
    [...word].map((character) =>
      CARRIED.test(character)
        ? Buffer.of(character.charCodeAt(0) - CARRIER)
        : Buffer.from(character),
    ),
  );
}

/**
 * The words of this process with every byte in them. Node has put U+FFFD for what is no text; the
 * kernel knows what was typed. `commandLine`: reads /proc/self/cmdline, and throws where there is none.
 */
export function exactWords(words: readonly string[], commandLine: () => Buffer): readonly string[] {
  if (!words.some((word) => word.includes('\ufffd'))) return words;
  let raw: Buffer;
  try {
    raw = commandLine();
  } catch {
    return words;
  }
  const all = raw.toString('latin1').split('\0').slice(0, -1);
  const own = all.slice(-words.length).map((word) => Buffer.from(word, 'latin1'));
  return words.map((word, i) => {
    const bytes = own[i];
    return bytes !== undefined && bytes.toString() === word ? wordOf(bytes) : word;
  });
}
