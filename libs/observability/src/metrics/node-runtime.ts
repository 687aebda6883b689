import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { MetricFactory } from './metric-factory.js';

const EVENT_LOOP_RESOLUTION_MS = 10;
const GC_BUCKETS_SECONDS = [0.001, 0.01, 0.1, 1, 2, 5];
/** perf_hooks.constants.NODE_PERFORMANCE_GC_*. */
const GC_KINDS: ReadonlyMap<unknown, string> = new Map([
  [1, 'minor'],
  [4, 'major'],
  [8, 'incremental'],
  [16, 'weakcb'],
]);

/**
 * The Node runtime, in prom-client's names (its own collector is not used: it cannot be stopped,
 * and a node that lives inside another program's process must leave nothing behind).
 * Returns what stops the measuring.
 */
export function nodeRuntimeMetrics(make: MetricFactory): () => void {
  make
    .gauges('nodejs_version_info', '1 for the version of Node.', ['version'])
    .with(process.version)
    .set(1);
  memoryMetrics(make);
  const stopDelay = eventLoopMetrics(make);
  const stopCollections = collectionMetrics(make);
  return () => {
    stopDelay();
    stopCollections();
  };
}

function memoryMetrics(make: MetricFactory): void {
  make.gauge('nodejs_heap_size_total_bytes', 'Memory the JavaScript heap has reserved.', (gauge) =>
    gauge.set(getHeapStatistics().total_heap_size),
  );
  make.gauge('nodejs_heap_size_used_bytes', 'Memory the JavaScript heap uses.', (gauge) =>
    gauge.set(getHeapStatistics().used_heap_size),
  );
  make.gauge('nodejs_external_memory_bytes', 'Memory of buffers outside the heap.', (gauge) =>
    gauge.set(process.memoryUsage().external),
  );
}

function eventLoopMetrics(make: MetricFactory): () => void {
  const delay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
  delay.enable();
  const measures: readonly (readonly [string, () => number])[] = [
    ['min', () => delay.min],
    ['max', () => delay.max],
    ['mean', () => delay.mean],
    ['p50', () => delay.percentile(50)],
    ['p90', () => delay.percentile(90)],
    ['p99', () => delay.percentile(99)],
  ];
  for (const [name, nanoseconds] of measures) {
    make.gauge(
      `nodejs_eventloop_lag_${name}_seconds`,
      `How late timers of the event loop ran (${name}) since the start.`,
      // Before the first measurement the monitor answers NaN and an impossible minimum.
      (gauge) => gauge.set(delay.max > 0 ? nanoseconds() / 1e9 : 0),
    );
  }
  return () => delay.disable();
}

function collectionMetrics(make: MetricFactory): () => void {
  const durations = make.histograms(
    'nodejs_gc_duration_seconds',
    'Time one garbage collection takes, by kind.',
    ['kind'],
    GC_BUCKETS_SECONDS,
  );
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as { detail?: unknown };
      const kind = typeof detail === 'object' && detail !== null && 'kind' in detail;
      const name = kind ? GC_KINDS.get(detail.kind) : undefined;
      if (name !== undefined) durations.with(name).observe(entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}
