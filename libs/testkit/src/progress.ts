/**
 * One line on a terminal that is written over; silent when nobody watches, so that logs of CI keep
 * to results.
 */
export class ProgressLine {
  readonly #out = process.stderr;

  show(text: string): void {
    if (this.#out.isTTY) this.#out.write(`\r\u001b[2K${text}`);
  }

  clear(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001b[2K');
  }
}
