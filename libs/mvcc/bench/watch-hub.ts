/**
 * What watchers cost a write, and how fast history is caught up with. The sinks take everything at
 * once; figures only. Run from the repository's root, bundled by esbuild.
 */
import { Buffer } from 'node:buffer';
import { NO_LEASE, Revision } from '@etcd-ts/foundation';
import { WatchHub } from '../src/watch/hub.js';
import type { WatchSink } from '../src/watch/sink.js';
import type { EventsOutcome, RevisionCommit } from '../src/watch-event.js';

class CountingSink implements WatchSink {
  events = 0;

  offer(_watcher: unknown, commits: readonly RevisionCommit[]): boolean {
    for (const commit of commits) this.events += commit.events.length;
    return true;
  }

  compacted(): void {
    throw new Error('nothing is compacted here');
  }
}

class Log {
  readonly commits: RevisionCommit[] = [];
  readonly compactRevision = Revision(0);

  get currentRevision(): Revision {
    return Revision(this.commits.length + 1);
  }

  append(key: Uint8Array): RevisionCommit {
    const revision = Revision(this.currentRevision + 1);
    const value = Buffer.alloc(0);
    const kv = { key, createRevision: revision, modRevision: revision, version: 1, value };
    const commit = { revision, events: [{ type: 'put' as const, kv: { ...kv, lease: NO_LEASE } }] };
    this.commits.push(commit);
    return commit;
  }

  readEvents(from: Revision, max: number): EventsOutcome {
    const next = Math.min(from + max, this.currentRevision + 1);
    return { kind: 'ok', commits: this.commits.slice(from - 2, next - 2), next: Revision(next) };
  }
}

const EMPTY = Buffer.alloc(0);
const keyOf = (n: number): Buffer => Buffer.from(`/registry/pods/default/pod-${n}`);

function report(what: string, operations: number, unit: string, run: () => void): void {
  const from = process.hrtime.bigint();
  run();
  const seconds = Number(process.hrtime.bigint() - from) / 1e9;
  const each = (seconds * 1e6) / operations;
  process.stdout.write(`${what}: ${each.toFixed(3)} us a ${unit}, ${seconds.toFixed(2)} s\n`);
}

/** Exact with node --expose-gc. */
function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

interface Scene {
  readonly log: Log;
  readonly hub: WatchHub;
  readonly sink: CountingSink;
}

function scene(watch: (n: number) => { key: Buffer; rangeEnd: Buffer }, watchers: number): Scene {
  const log = new Log();
  const hub = new WatchHub(log);
  const sink = new CountingSink();
  const heapBefore = heapUsed();
  for (let n = 0; n < watchers; n++) {
    hub.watch({ ...watch(n), startRevision: 0, noPut: false, noDelete: false, sink });
  }
  const bytes = (heapUsed() - heapBefore) / Math.max(1, watchers);
  process.stdout.write(`${watchers} watchers, ${bytes.toFixed(0)} heap bytes each\n`);
  return { log, hub, sink };
}

function publish({ log, hub, sink }: Scene, what: string, commits: number, keys: number): void {
  const prepared = Array.from({ length: commits }, (_, n) => log.append(keyOf(n % keys)));
  report(`${what}, ${commits} commits`, commits, 'commit', () => {
    for (const commit of prepared) hub.publish(commit);
  });
  process.stdout.write(`  ${sink.events} events delivered\n`);
}

const single = (n: number): { key: Buffer; rangeEnd: Buffer } => ({
  key: keyOf(n),
  rangeEnd: EMPTY,
});

publish(scene(single, 0), 'nobody watching', 1_000_000, 1000);
publish(
  scene(() => single(0), 1000),
  '1 key with 1000 watchers',
  2000,
  1,
);
publish(scene(single, 100_000), '100,000 watchers on as many keys', 500_000, 100_000);
publish(
  scene((n) => ({ key: keyOf(n), rangeEnd: Buffer.concat([keyOf(n), Buffer.from('~')]) }), 100_000),
  '100,000 watchers on as many intervals',
  100_000,
  1000,
);

const { log, hub, sink } = scene(single, 0);
for (let n = 0; n < 200_000; n++) hub.publish(log.append(keyOf(n % 1000)));
report(
  '100,000 watchers at random starts, catching up on 200,000 revisions',
  200_000,
  'revision',
  () => {
    for (let n = 0; n < 100_000; n++) {
      const startRevision = 2 + ((n * 7919) % 200_000);
      hub.watch({ ...single(n), startRevision, noPut: false, noDelete: false, sink });
    }
    let longest = 0n;
    let steps = 0;
    for (let more = true; more; steps++) {
      const from = process.hrtime.bigint();
      more = hub.catchUpStep(1000);
      const took = process.hrtime.bigint() - from;
      if (took > longest) longest = took;
    }
    process.stdout.write(`  ${steps} steps, the longest ${Number(longest) / 1e6} ms\n`);
  },
);
process.stdout.write(`  ${sink.events} events delivered\n`);
