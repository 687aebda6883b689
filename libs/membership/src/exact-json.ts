/**
 * JSON whose numbers keep all their digits: member ids are bare 64-bit numbers, and JSON.parse
 * would round them to doubles, silently, to the id of somebody else.
 */
export type ExactJson =
  null | boolean | string | ExactNumber | readonly ExactJson[] | ReadonlyMap<string, ExactJson>;

export interface ExactNumber {
  /** As written. */
  readonly digits: string;
}

/** The text is not JSON, or not what was expected of it: damage, or a foreign program's answer. */
export class ExactJsonError extends Error {
  override readonly name = 'ExactJsonError';
}

/** Deeper nesting is refused: the parser recurses, and what it reads has three levels. */
const MAX_DEPTH = 32;

const BLANKS = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Runs of plain characters are taken as one: a choice at each of them costs the matcher memory. */
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const WORD = /true|false|null/y;

export function parseExactJson(text: string): ExactJson {
  return new ExactJsonParser(text).parse();
}

class ExactJsonParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): ExactJson {
    const value = this.#value(0);
    this.#take(BLANKS);
    if (this.#at < this.#text.length) this.#fail();
    return value;
  }

  #value(depth: number): ExactJson {
    if (depth > MAX_DEPTH) this.#fail();
    this.#take(BLANKS);
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
      case 'f':
      case 'n':
        return this.#word();
      default:
        return { digits: this.#take(NUMBER) ?? this.#fail() };
    }
  }

  #object(depth: number): ReadonlyMap<string, ExactJson> {
    const fields = new Map<string, ExactJson>();
    this.#at++;
    if (this.#skip('}')) return fields;
    do {
      this.#take(BLANKS);
      const name = this.#string();
      if (!this.#skip(':')) this.#fail();
      fields.set(name, this.#value(depth + 1));
    } while (this.#skip(','));
    if (!this.#skip('}')) this.#fail();
    return fields;
  }

  #array(depth: number): readonly ExactJson[] {
    const items: ExactJson[] = [];
    this.#at++;
    if (this.#skip(']')) return items;
    do items.push(this.#value(depth + 1));
    while (this.#skip(','));
    if (!this.#skip(']')) this.#fail();
    return items;
  }

  #string(): string {
    const start = this.#at;
    const literal = this.#take(STRING) ?? this.#fail();
    try {
      return JSON.parse(literal) as string;
    } catch {
      // A bad escape or a bare control character within the quotes.
      this.#at = start;
      return this.#fail();
    }
  }

  #word(): boolean | null {
    const word = this.#take(WORD) ?? this.#fail();
    return word === 'null' ? null : word === 'true';
  }

  /** Blanks, then this character if it is there. */
  #skip(character: string): boolean {
    this.#take(BLANKS);
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0];
    if (taken !== undefined) this.#at += taken.length;
    return taken;
  }

  #fail(): never {
    throw new ExactJsonError(`invalid JSON at offset ${this.#at}`);
  }
}

/** A JSON string with Go's choice of escapes, which HTML pages and JavaScript could embed. */
export function encodeGoString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
