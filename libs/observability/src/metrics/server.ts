import { exponentialBuckets } from './buckets.js';
import type { MetricFactory } from './metric-factory.js';

/** The member: who it is, how its requests fare. */
export function serverMetrics(make: MetricFactory) {
  return {
    ...identityMetrics(make),
    ...raftMetrics(make),
    ...requestMetrics(make),
    ...healthMetrics(make),
    ...watchLoopMetrics(make),
  };
}

export type ServerMetrics = ReturnType<typeof serverMetrics>;

function identityMetrics(make: MetricFactory) {
  return {
    version: make.gauges('etcd_server_version', '1 for the version of this server.', [
      'server_version',
    ]),
    /** The name is etcd's; the value names what this server runs on. */
    runtimeVersion: make.gauges('etcd_server_go_version', '1 for the runtime of this server.', [
      'server_go_version',
    ]),
    id: make.gauges('etcd_server_id', '1 for the id of this member, in hexadecimal.', [
      'server_id',
    ]),
    clusterVersion: make.gauges('etcd_cluster_version', '1 for the version of the cluster.', [
      'cluster_version',
    ]),
    featureEnabled: make.gauges(
      'etcd_server_feature_enabled',
      '1 for a feature which is on, 0 for one which is off.',
      ['name', 'stage'],
    ),
    isLearner: make.gauge('etcd_server_is_learner', '1 if this member is a learner.'),
    learnerPromoteFailures: make.counters(
      'etcd_server_learner_promote_failures',
      'Promotions of learners that this member refused while it led.',
      ['Reason'],
    ),
    learnerPromoteSuccesses: make.counter(
      'etcd_server_learner_promote_successes',
      'Promotions of learners that this member made while it led.',
    ),
    quotaBackendBytes: make.gauge('etcd_server_quota_backend_bytes', 'The quota of the backend.'),
    alarms: make.gauges('etcd_debugging_server_alarms', '1 for each alarm which is raised.', [
      'server_id',
      'alarm_type',
    ]),
    authRevision: make.gauge('etcd_debugging_auth_revision', 'The revision of the auth store.'),
  };
}

function raftMetrics(make: MetricFactory) {
  return {
    hasLeader: make.gauge('etcd_server_has_leader', '1 if this member knows a leader.'),
    isLeader: make.gauge('etcd_server_is_leader', '1 if this member leads.'),
    leaderChanges: make.counter(
      'etcd_server_leader_changes_seen_total',
      'Changes of the leader this member has seen.',
    ),
    heartbeatSendFailures: make.counter(
      'etcd_server_heartbeat_send_failures_total',
      'Heartbeats this leader sent too late, most likely because of a slow disk.',
    ),
    /** A gauge despite its name, as etcd registers it. */
    proposalsCommitted: make.gauge(
      'etcd_server_proposals_committed_total',
      'The index of the last entry this member knows to be committed.',
    ),
    /** A gauge despite its name, as etcd registers it. */
    proposalsApplied: make.gauge(
      'etcd_server_proposals_applied_total',
      'The index of the last entry this member has applied.',
    ),
    proposalsPending: make.gauge('etcd_server_proposals_pending', 'Proposals under way.'),
    proposalsFailed: make.counter('etcd_server_proposals_failed_total', 'Proposals that failed.'),
    slowReadIndexes: make.counter(
      'etcd_server_slow_read_indexes_total',
      'Read indexes that were late or belonged to a request which had given up.',
    ),
    readIndexesFailed: make.counter(
      'etcd_server_read_indexes_failed_total',
      'Read indexes that failed.',
    ),
    snapshotApplyInProgress: make.gauge(
      'etcd_server_snapshot_apply_in_progress_total',
      '1 while a received snapshot is being applied.',
    ),
  };
}

function requestMetrics(make: MetricFactory) {
  return {
    apply: make.histograms(
      'etcd_server_apply_duration_seconds',
      'Time the application of one request takes.',
      ['version', 'op', 'success'],
      exponentialBuckets(0.0001, 2, 20),
    ),
    slowApply: make.counter(
      'etcd_server_slow_apply_total',
      'Requests whose application took longer than the limit for a warning.',
    ),
    range: make.histograms(
      'etcd_server_range_duration_seconds',
      'Time one range takes in the server.',
      ['success'],
      exponentialBuckets(0.0001, 2, 20),
    ),
    request: make.histograms(
      'etcd_server_request_duration_seconds',
      'Time one request takes in the server, consensus included.',
      ['type', 'success'],
      exponentialBuckets(0.001, 2, 14),
    ),
    clientRequests: make.counters(
      'etcd_server_client_requests_total',
      'Requests by kind and by the API version the client names.',
      ['type', 'client_api_version'],
    ),
  };
}

function healthMetrics(make: MetricFactory) {
  return {
    healthSuccess: make.counter('etcd_server_health_success', 'Health requests answered well.'),
    healthFailures: make.counter('etcd_server_health_failures', 'Health requests answered badly.'),
    healthcheck: make.gauges('etcd_server_healthcheck', 'The last result of each health check.', [
      'type',
      'name',
    ]),
    healthchecks: make.counters('etcd_server_healthchecks_total', 'Results of health checks.', [
      'type',
      'name',
      'status',
    ]),
  };
}

function watchLoopMetrics(make: MetricFactory) {
  const bounds = exponentialBuckets(0.001, 2, 14);
  return {
    watchSend: make.histogram(
      'etcd_debugging_server_watch_send_loop_watch_stream_duration_seconds',
      'Time the sending of one watch response takes.',
      bounds,
    ),
    watchSendPerEvent: make.histogram(
      'etcd_debugging_server_watch_send_loop_watch_stream_duration_per_event_seconds',
      'Time the sending of one watch response takes, divided by its events.',
      bounds,
    ),
    watchControl: make.histogram(
      'etcd_debugging_server_watch_send_loop_control_stream_duration_seconds',
      'Time the sending of one created or cancelled response takes.',
      bounds,
    ),
    watchProgress: make.histogram(
      'etcd_debugging_server_watch_send_loop_progress_duration_seconds',
      'Time one round of progress responses takes.',
      bounds,
    ),
  };
}
