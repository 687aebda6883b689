import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { Journal } from './journal.mjs';

const PROCESS = fileURLToPath(new URL('./process.mjs', import.meta.url));
/** Between two signs of life. */
const REPORT_MS = 30_000;
/** A round takes milliseconds; this long is without an end, also on a machine that stands still at times. */
const HANG_MS = 120_000;
const LOOK_MS = 500;
/** A target that needs more has a leak or a bomb; it must not take the machine with it. */
const HEAP_MIB = 1024;

/**
 * Runs one target in a process of its own and answers what it tried and found. How far it has come is
 * read from its journal, for a process in an endless loop, or one that has died, cannot say.
 */
export async function campaign(name, outfile, limits, print) {
  const journal = Journal.create(`${outfile}.journal`);
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...['--expose-gc', '--enable-source-maps', `--max-old-space-size=${HEAP_MIB}`],
      // Where there is no limit, JSON has null.
      ...[PROCESS, outfile, JSON.stringify(limits)],
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const watch = new Watch(name, child, journal, {
    hangMs: limits.hangMilliseconds ?? HANG_MS,
    print,
  });
  const looking = setInterval(() => watch.look(), LOOK_MS);
  const end = await new Promise((resolve) => {
    child.once('error', (error) => resolve(`the process did not start: ${error.message}`));
    child.once('close', (code, signal) => resolve(endOf(code, signal)));
  });
  clearInterval(looking);
  const { seed, rounds, cases, peakBytes } = journal.read();
  journal.remove();
  const finding = watch.hung ? `no end of seed ${seed}` : end && `${end}, seed ${seed}`;
  if (finding) {
    print(`${name}: ${finding}`);
    print(`again: npm run fuzz -- ${name} --seed ${seed} --rounds 1`);
  }
  const milliseconds = performance.now() - started;
  return { name, seed, rounds, cases, peakBytes, milliseconds, finding: finding || undefined };
}

/** What is wrong about it; nothing if nothing is. */
function endOf(code, signal) {
  if (code === 0) return '';
  if (code === 1) return 'see above';
  return signal === null ? `the process ended with code ${code}` : `the process died of ${signal}`;
}

class Watch {
  hung = false;
  #reported = performance.now();
  #moved = performance.now();
  #rounds = -1;
  #casesReported = 0;

  constructor(name, child, journal, { hangMs, print }) {
    this.name = name;
    this.child = child;
    this.journal = journal;
    this.hangMs = hangMs;
    this.print = print;
  }

  look() {
    const now = performance.now();
    const { seed, rounds, cases, residentBytes } = this.journal.read();
    if (rounds !== this.#rounds) {
      this.#rounds = rounds;
      this.#moved = now;
    } else if (now - this.#moved > this.hangMs) {
      this.hung = true;
      this.child.kill('SIGKILL');
    }
    if (now - this.#reported < REPORT_MS) return;
    const perSecond = Math.round(((cases - this.#casesReported) * 1000) / (now - this.#reported));
    this.#reported = now;
    this.#casesReported = cases;
    const memory = `${Math.round(residentBytes / 2 ** 20)} MiB`;
    this.print(`${this.name}: ${cases} cases, ${perSecond}/s, ${memory}, seed ${seed}`);
  }
}
