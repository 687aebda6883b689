// One target, round after round: node --expose-gc process.mjs BUNDLE LIMITS, started by campaign.mjs.
import { createRequire } from 'node:module';

import { Journal } from './journal.mjs';

/**
 * What the heap may hold, after a collection, above what it held when everything had run for a while.
 * Caches of compiled code and tables grow at first, and by less; whatever a round keeps sums up to this.
 */
const HEAP_GROWTH_BYTES = 96 * 2 ** 20;
const HEAP_LOOK_MS = 10_000;
/** A round that does not wait leaves nobody a turn: rejections and timers need one now and then. */
const TURN_MS = 20;

const [bundle = '', limitsText = '{}'] = process.argv.slice(2);
const limits = JSON.parse(limitsText);
const journal = Journal.open(`${bundle}.journal`);
const progress = { seed: limits.seed, rounds: 0, cases: 0, residentBytes: 0, peakBytes: 0 };

async function run({ round, shareCases = 2_000, foundSeeds = [] }) {
  const most = limits.share ? shareCases : (limits.cases ?? Infinity);
  const mostRounds = limits.rounds ?? Infinity;
  const until = performance.now() + (limits.milliseconds ?? Infinity);
  const heap = new HeapWatch();
  const known = mostRounds === Infinity ? foundSeeds : [];
  let turn = performance.now();
  while (progress.rounds < mostRounds + known.length && progress.cases < most) {
    progress.seed = known[progress.rounds] ?? limits.seed + progress.rounds - known.length;
    // Before the round, for the round may be the last.
    journal.write(progress);
    try {
      progress.cases += counted(await round(progress.seed));
    } catch (error) {
      found('', error);
    }
    progress.rounds++;
    const now = performance.now();
    if (now >= until) break;
    if (now - turn < TURN_MS) continue;
    turn = now;
    await new Promise((resolve) => setImmediate(resolve));
    heap.look(now);
  }
  await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  heap.measure();
}

function counted(cases) {
  if (Number.isSafeInteger(cases) && cases >= 0) return cases;
  throw new Error(`the target counts ${cases} cases`);
}

function found(what, error) {
  console.error(`seed ${progress.seed} found something:`, what, error);
  journal.write(progress);
  process.exit(1);
}

class HeapWatch {
  #looked = performance.now();
  #baseline = Infinity;

  look(now) {
    const { rss } = process.memoryUsage;
    progress.residentBytes = rss();
    progress.peakBytes = Math.max(progress.peakBytes, progress.residentBytes);
    if (now - this.#looked < (limits.heapLookMilliseconds ?? HEAP_LOOK_MS)) return;
    this.#looked = now;
    this.measure();
  }

  measure() {
    global.gc();
    const { heapUsed, external } = process.memoryUsage();
    const held = heapUsed + external;
    progress.peakBytes = Math.max(progress.peakBytes, process.memoryUsage.rss());
    if (this.#baseline === Infinity) this.#baseline = held;
    else if (held - this.#baseline > HEAP_GROWTH_BYTES) {
      found('', new Error(`the heap has grown from ${this.#baseline} to ${held} bytes`));
    }
  }
}

for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => found(`${event}, in this round or one shortly before it:`, error));
}
await run(createRequire(import.meta.url)(bundle));
journal.write(progress);
// Whatever is left (a timer, a handle) is for the target to judge, not to wait for.
process.exit(0);
