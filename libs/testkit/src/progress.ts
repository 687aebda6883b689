export interface ProgressTerms {
  /** Where nobody watches: a line of its own so often. Never unless said. */
  readonly loggedEveryMs?: number;
}

/**
 * One line on a terminal that is written over. Elsewhere silent, so that logs of CI keep to results,
 * but for campaigns that run for so long that somebody will look whether they still do.
 */
export class ProgressLine {
  readonly #out = process.stderr;
  readonly #loggedEveryMs: number;
  #loggedAtMs = performance.now();

  constructor({ loggedEveryMs = Number.POSITIVE_INFINITY }: ProgressTerms = {}) {
    this.#loggedEveryMs = loggedEveryMs;
  }

  show(text: string): void {
    if (this.#out.isTTY) {
      this.#out.write(`\r\u001b[2K${text}`);
      return;
    }
    if (performance.now() - this.#loggedAtMs < this.#loggedEveryMs) return;
    this.#loggedAtMs = performance.now();
    this.#out.write(`${text}\n`);
  }

  clear(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001b[2K');
  }
}
