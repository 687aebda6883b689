/** Inside a string, and how deep: a value is complete when depth is back at zero. */
const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);

/**
 * Cuts a stream of JSON values, one after the other with or without white space between, into
 * values. It looks at brackets and strings only: whether a piece is JSON is for its parser to say.
 */
export class JsonValues {
  #text = '';
  #scanned = 0;
  #depth = 0;
  #deepest = 0;
  #inString = false;

  /** What is not yet a whole value. */
  get rest(): string {
    return this.#text;
  }

  /** Of all brackets so far, how many were open at once at most. */
  get deepest(): number {
    return this.#deepest;
  }

  *feed(text: string): Generator<string> {
    this.#text += text;
    for (; this.#scanned < this.#text.length; this.#scanned++) {
      if (!this.#ends(this.#text.charAt(this.#scanned))) continue;
      const value = this.#text.slice(0, this.#scanned + 1);
      this.#text = this.#text.slice(this.#scanned + 1).trimStart();
      this.#scanned = -1;
      yield value;
    }
  }

  /** Whether a value at the top ends with this character. */
  #ends(character: string): boolean {
    if (this.#inString) {
      if (character === '\\') this.#scanned++;
      else if (character === '"') this.#inString = false;
      return false;
    }
    if (character === '"') this.#inString = true;
    else if (OPENING.has(character)) this.#deepest = Math.max(this.#deepest, ++this.#depth);
    else if (CLOSING.has(character)) return --this.#depth <= 0 && this.#reset();
    return false;
  }

  #reset(): true {
    this.#depth = 0;
    return true;
  }
}
