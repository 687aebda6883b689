import { formatGoDuration } from '@etcd-ts/foundation';

const BAR_COLUMNS = 50;
const REDRAW_MS = 200;

/** `\r 4 / 60 [===>----]   6.67% 00m55s`, on one line that is drawn over. */
export class ProgressBar {
  readonly #total: number;
  readonly #hasBar: boolean;
  readonly #write: (text: string) => void;
  readonly #begunMs = performance.now();
  #drawnMs = -Infinity;

  /** `hasBar`: on a terminal; elsewhere the numbers alone. */
  constructor(total: number, hasBar: boolean, write: (text: string) => void) {
    this.#total = total;
    this.#hasBar = hasBar;
    this.#write = write;
  }

  update(done: number): void {
    const nowMs = performance.now();
    if (nowMs - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = nowMs;
    this.#draw(done);
  }

  finish(): void {
    this.#draw(this.#total);
    this.#write('\n');
  }

  #draw(done: number): void {
    const share = Math.min(1, done / this.#total);
    const percent = `${(share * 100).toFixed(2)}%`.padStart(8);
    const bar = this.#hasBar ? ` [${barOf(share)}]` : '';
    this.#write(`\r ${done} / ${this.#total}${bar} ${percent}${this.#timeLeft(share)}`);
  }

  #timeLeft(share: number): string {
    if (share === 0) return '';
    const elapsed = (performance.now() - this.#begunMs) / 1000;
    const seconds = Math.round(share === 1 ? elapsed : elapsed / share - elapsed);
    const two = (value: number): string => String(value).padStart(2, '0');
    if (share === 1) return ` ${formatGoDuration(seconds * 1000)}`;
    return ` ${two(Math.floor(seconds / 60))}m${two(seconds % 60)}s`;
  }
}

function barOf(share: number): string {
  const filled = Math.floor(share * BAR_COLUMNS);
  if (filled >= BAR_COLUMNS) return '='.repeat(BAR_COLUMNS);
  return `${'='.repeat(Math.max(0, filled - 1))}>`.padEnd(BAR_COLUMNS, '-');
}
