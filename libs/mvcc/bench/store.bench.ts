/* Figures of the store over MemoryBackend; no assertions, they are for people to read.
   Run:  npx esbuild libs/mvcc/bench/store.bench.ts --bundle --platform=node --format=cjs \
           --tsconfig=tsconfig.base.json --outfile=/tmp/store.bench.cjs && node --expose-gc /tmp/store.bench.cjs */
import { performance } from 'node:perf_hooks';
import type { RevisionRow } from '../src/backend.js';
import { MemoryBackend } from '../src/memory-backend.js';
import { MvccStore } from '../src/store.js';
import { KeyIndex } from '../src/key-index/key-index.js';
import { bytes, finish, openStore, putRequest, rangeRequest } from '../src/testing/requests.js';
import { LeaseTable } from '../src/testing/lease-table.js';

const KEYS = 1_000_000;
const VALUE = Buffer.alloc(256, 'v');

/** 64 bytes, spread over the key space by a multiplicative walk. */
function keyAt(i: number): string {
  const spread = (i * 7919) % KEYS;
  return `/registry/deployments/some-namespace-name/${String(spread).padStart(22, '0')}`;
}

/** Takes rows and forgets them: what is left is the store's own cost. */
class ForgetfulBackend extends MemoryBackend {
  override appendRevision(): void {}
  override scanRevisions(): readonly RevisionRow[] {
    return [];
  }
}

function report(name: string, count: number, run: () => void): void {
  // Processor time, so that a busy machine does not matter much; it includes the collector's threads.
  const start = process.cpuUsage();
  run();
  const used = process.cpuUsage(start);
  const ms = (used.user + used.system) / 1000;
  const each = ((ms * 1000) / count).toFixed(2);
  const rate = Math.round(count / (ms / 1000)).toLocaleString('en');
  process.stdout.write(
    `${name.padEnd(52)} ${each.padStart(8)} us CPU each  ${rate.padStart(12)}/s\n`,
  );
}

function usedBytes(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

function memoryPerKey(order: 'random' | 'sequential'): void {
  const before = usedBytes();
  const index = new KeyIndex();
  const name = (i: number): string =>
    order === 'random' ? keyAt(i) : keyAt(0).slice(0, -22) + String(i).padStart(22, '0');
  for (let i = 0; i < KEYS; i++) {
    index.append(Buffer.from(name(i), 'latin1').toString('latin1'), i + 2, 0, i + 2, 1);
  }
  const single = (usedBytes() - before) / index.size;
  for (let i = 0; i < KEYS; i++) index.append(name(i), KEYS + i + 2, 0, i + 2, 2);
  const double = (usedBytes() - before) / index.size;
  const figures = `${single.toFixed(0)} B a key, +${(double - single).toFixed(0)} B for a second revision`;
  process.stdout.write(`index memory, 64 B keys, ${order}: ${figures}\n`);
}

function puts(name: string, store: MvccStore, count: number, key: (i: number) => string): void {
  const requests = Array.from({ length: count }, (_, i) => ({
    ...putRequest(key(i), ''),
    value: VALUE,
  }));
  report(name, count, () => {
    for (const request of requests) store.put(request);
  });
}

function main(): void {
  memoryPerKey('random');
  memoryPerKey('sequential');
  const forgetful = openStore(new ForgetfulBackend(), new LeaseTable());
  puts('warm-up', forgetful, 200_000, (i) => keyAt(i % 1000));
  puts('put, no backend, 1000 keys overwritten', forgetful, 500_000, (i) => keyAt(i % 1000));
  const wide = openStore(new ForgetfulBackend(), new LeaseTable());
  puts('put, no backend, new keys up to 1M, random', wide, KEYS, keyAt);
  puts('put, no backend, overwrite among 1M, random', wide, 500_000, (i) => keyAt(i * 31));
  const backend = new MemoryBackend();
  const store = openStore(backend, new LeaseTable());
  puts('put, MemoryBackend, new keys up to 1M, random', store, KEYS, keyAt);
  const gets = Array.from({ length: 500_000 }, (_, i) => rangeRequest(keyAt(i * 17)));
  report('get one key of 1M', gets.length, () => gets.forEach((get) => store.range(get)));
  const prefix = keyAt(0).slice(0, -22);
  const open = { rangeEnd: bytes('0') };
  const count = rangeRequest(prefix, { ...open, countOnly: true });
  report('count 1M keys', 100_000, () => {
    for (let i = 0; i < 100_000; i++) store.range(count);
  });
  const pages = Array.from({ length: 20_000 }, (_, i) =>
    rangeRequest(keyAt(i * 13), { ...open, limit: 100 }),
  );
  report('range with limit 100 (and count of the rest)', pages.length, () =>
    pages.forEach((page) => store.range(page)),
  );
  const keysOnly = pages.map((page) => ({ ...page, keysOnly: true }));
  report('the same, keys only', pages.length, () => keysOnly.forEach((page) => store.range(page)));
  report('restore 1M rows, per row', KEYS, () => openStore(backend, new LeaseTable()));
  report('hashKv 1M rows, per row', KEYS, () => finish(store.hashKv(0)));
  puts('put, MemoryBackend, overwrite all', store, KEYS, keyAt);
  store.compact(store.currentRevision);
  let longestMs = 0;
  report('compact 1M overwritten keys, per key', KEYS, () => {
    for (let done = false; !done;) {
      const start = performance.now();
      done = store.compactionStep(1000).done;
      longestMs = Math.max(longestMs, performance.now() - start);
    }
  });
  process.stdout.write(`longest compaction slice (1000): ${longestMs.toFixed(1)} ms\n`);
}

main();
