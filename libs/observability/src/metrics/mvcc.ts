import { exponentialBuckets } from './buckets.js';
import type { MetricFactory } from './metric-factory.js';

/** The key-value store and its watchers. */
export function mvccMetrics(make: MetricFactory) {
  return {
    ...requestMetrics(make),
    ...stateMetrics(make),
    ...compactionMetrics(make),
    ...watchMetrics(make),
  };
}

export type MvccMetrics = ReturnType<typeof mvccMetrics>;

function requestMetrics(make: MetricFactory) {
  return {
    range: make.counter('etcd_mvcc_range_total', 'Ranges read by this member.'),
    put: make.counter('etcd_mvcc_put_total', 'Puts applied by this member.'),
    delete: make.counter('etcd_mvcc_delete_total', 'Deletions applied by this member.'),
    txn: make.counter('etcd_mvcc_txn_total', 'Transactions applied by this member.'),
    hash: make.histogram(
      'etcd_mvcc_hash_duration_seconds',
      'Time a hash of the whole store takes.',
      exponentialBuckets(0.01, 2, 15),
    ),
    hashRevision: make.histogram(
      'etcd_mvcc_hash_rev_duration_seconds',
      'Time a hash of the store up to a revision takes.',
      exponentialBuckets(0.01, 2, 15),
    ),
  };
}

function stateMetrics(make: MetricFactory) {
  return {
    databaseSize: make.gauge('etcd_mvcc_db_total_size_in_bytes', 'Bytes of the backend file.'),
    databaseSizeInUse: make.gauge(
      'etcd_mvcc_db_total_size_in_use_in_bytes',
      'Bytes of the backend file that hold data.',
    ),
    openReadTransactions: make.gauge(
      'etcd_mvcc_db_open_read_transactions',
      'Long reads of the backend under way.',
    ),
    keys: make.gauge('etcd_debugging_mvcc_keys_total', 'Keys in the index.'),
    totalPutSize: make.gauge(
      'etcd_debugging_mvcc_total_put_size_in_bytes',
      'Bytes of all keys and values put by this member.',
    ),
    currentRevision: make.gauge(
      'etcd_debugging_mvcc_current_revision',
      'The current revision of the store.',
    ),
    compactRevision: make.gauge(
      'etcd_debugging_mvcc_compact_revision',
      'The revision of the last compaction.',
    ),
  };
}

function compactionMetrics(make: MetricFactory) {
  return {
    /** Milliseconds. */
    indexCompactionPause: make.histogram(
      'etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds',
      'How long one slice of an index compaction holds the node.',
      exponentialBuckets(0.5, 2, 14),
    ),
    /** Milliseconds. */
    compactionPause: make.histogram(
      'etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds',
      'How long one slice of a backend compaction holds the node.',
      exponentialBuckets(1, 2, 13),
    ),
    /** Milliseconds. */
    compactionTotal: make.histogram(
      'etcd_debugging_mvcc_db_compaction_total_duration_milliseconds',
      'Time a whole backend compaction takes.',
      exponentialBuckets(100, 2, 14),
    ),
    compactedKeys: make.counter(
      'etcd_debugging_mvcc_db_compaction_keys_total',
      'Revisions removed by compactions.',
    ),
    /** Unix seconds. */
    lastCompaction: make.gauge(
      'etcd_debugging_mvcc_db_compaction_last',
      'When the last compaction ended, in Unix seconds; 0 before the first.',
    ),
  };
}

function watchMetrics(make: MetricFactory) {
  return {
    watchStreams: make.gauge('etcd_debugging_mvcc_watch_stream_total', 'Open watch streams.'),
    watchers: make.gauge('etcd_debugging_mvcc_watcher_total', 'Watchers.'),
    slowWatchers: make.gauge(
      'etcd_debugging_mvcc_slow_watcher_total',
      'Watchers which are behind the current revision.',
    ),
    events: make.counter(
      'etcd_debugging_mvcc_events_total',
      'Events handed to watch streams by this member.',
    ),
    pendingEvents: make.gauge(
      'etcd_debugging_mvcc_pending_events_total',
      'Events which wait to be sent.',
    ),
  };
}
