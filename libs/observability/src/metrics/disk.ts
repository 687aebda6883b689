import { exponentialBuckets } from './buckets.js';
import type { MetricFactory } from './metric-factory.js';

const FAST = exponentialBuckets(0.001, 2, 14);

/** Everything that fsyncs, and the snapshot files. Durations in seconds. */
export function diskMetrics(make: MetricFactory) {
  return {
    ...walMetrics(make),
    ...backendMetrics(make),
    ...snapshotFileMetrics(make),
  };
}

export type DiskMetrics = ReturnType<typeof diskMetrics>;

function walMetrics(make: MetricFactory) {
  return {
    walFsync: make.histogram(
      'etcd_disk_wal_fsync_duration_seconds',
      'Time one fsync of the write-ahead log takes.',
      FAST,
    ),
    walWrite: make.histogram(
      'etcd_disk_wal_write_duration_seconds',
      'Time one write to the write-ahead log takes.',
      FAST,
    ),
    /** A gauge despite its name, as etcd registers it; only ever grows. */
    walWriteBytes: make.gauge(
      'etcd_disk_wal_write_bytes_total',
      'Bytes written to the write-ahead log since the start.',
    ),
  };
}

function backendMetrics(make: MetricFactory) {
  return {
    backendCommit: make.histogram(
      'etcd_disk_backend_commit_duration_seconds',
      'Time one commit of the backend takes.',
      FAST,
    ),
    backendCommitRebalance: make.histogram(
      'etcd_debugging_disk_backend_commit_rebalance_duration_seconds',
      'Time a commit spends on rebalancing pages; none in this backend.',
      FAST,
    ),
    backendCommitSpill: make.histogram(
      'etcd_debugging_disk_backend_commit_spill_duration_seconds',
      'Time a commit spends on spilling pages; none in this backend.',
      FAST,
    ),
    backendCommitWrite: make.histogram(
      'etcd_debugging_disk_backend_commit_write_duration_seconds',
      'Time a commit spends on writing pages.',
      FAST,
    ),
    backendDefrag: make.histogram(
      'etcd_disk_backend_defrag_duration_seconds',
      'Time one defragmentation of the backend takes.',
      exponentialBuckets(0.1, 2, 13),
    ),
    backendSnapshot: make.histogram(
      'etcd_disk_backend_snapshot_duration_seconds',
      'Time one copy of the whole backend takes.',
      exponentialBuckets(0.01, 2, 17),
    ),
    defragInflight: make.gauge(
      'etcd_disk_defrag_inflight',
      '1 while a defragmentation runs, 0 otherwise.',
    ),
  };
}

function snapshotFileMetrics(make: MetricFactory) {
  return {
    snapshotFsync: make.histogram(
      'etcd_snap_fsync_duration_seconds',
      'Time one fsync of a snapshot file takes.',
      FAST,
    ),
    snapshotSave: make.histogram(
      'etcd_debugging_snap_save_total_duration_seconds',
      'Time the saving of one snapshot file takes.',
      FAST,
    ),
    snapshotMarshal: make.histogram(
      'etcd_debugging_snap_save_marshalling_duration_seconds',
      'Time the encoding of one snapshot takes.',
      FAST,
    ),
    snapshotDatabaseFsync: make.histogram(
      'etcd_snap_db_fsync_duration_seconds',
      'Time one fsync of a received database takes.',
      FAST,
    ),
    snapshotDatabaseSave: make.histogram(
      'etcd_snap_db_save_total_duration_seconds',
      'Time the saving of a received database takes.',
      exponentialBuckets(0.1, 2, 10),
    ),
  };
}
