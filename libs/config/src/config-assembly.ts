import { discoveryOf } from './discovery-options.js';
import type { LogSettings } from './log-settings.js';
import type { OptionValues } from './option-schema.js';
import type { AutoCompaction, ServerConfig } from './server-config.js';
import { featureSettings } from './feature-gates.js';
import { gatesOf } from './former-gates.js';
import { clientSecurityOf, peerSecurityOf, tlsPolicyOf } from './transport-security.js';
import { warn } from './notice.js';
import type { ConfigNotice } from './notice.js';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

const DEFAULT_QUOTA_BYTES = 2 * GIB;
/** Beyond this a restart, a snapshot and a hash take too long for a member to be useful. */
const RECOMMENDED_QUOTA_BYTES = 8 * GIB;
const RECOMMENDED_REQUEST_BYTES = 10 * MIB;
const DEFAULT_BATCH_INTERVAL_MS = 100;
const DEFAULT_BATCH_LIMIT = 10_000;
const DEFAULT_COMPACTION_BATCH = 1000;
const DEFAULT_COMPACTION_SLEEP_MS = 10;
const DEFAULT_PROGRESS_INTERVAL_MS = 10 * 60_000;
const MIN_PROGRESS_INTERVAL_MS = 100;

export interface AssemblyParts {
  readonly values: OptionValues;
  readonly log: LogSettings;
  readonly autoCompaction: AutoCompaction;
}

/** Checked values become the config of a node: etcd's "0 is the default" values are resolved. */
export function assembleConfig({ values, log, autoCompaction }: AssemblyParts): ServerConfig {
  return {
    ...log,
    ...memberPart(values),
    ...clusterPart(values),
    autoCompaction,
    metrics: values['metrics'] === 'extensive' ? 'extensive' : 'basic',
    listenMetricsUrls: values['listen-metrics-urls'],
    warningUnaryRequestDurationMs: values['warning-unary-request-duration'],
    warningApplyDurationMs: values['warning-apply-duration'],
    compactionBatchLimit: positiveOr(values['compaction-batch-limit'], DEFAULT_COMPACTION_BATCH),
    compactionSleepIntervalMs: positiveOr(
      values['compaction-sleep-interval'],
      DEFAULT_COMPACTION_SLEEP_MS,
    ),
    watchProgressNotifyIntervalMs: Math.max(
      MIN_PROGRESS_INTERVAL_MS,
      positiveOr(values['watch-progress-notify-interval'], DEFAULT_PROGRESS_INTERVAL_MS),
    ),
    ...checkPart(values),
    enableGrpcGateway: values['enable-grpc-gateway'],
    enableV2: values['enable-v2'],
    clientSecurity: clientSecurityOf(values),
    peerSecurity: peerSecurityOf(values),
    tls: tlsPolicyOf(values),
    cors: listOf(values['cors']),
    hostWhitelist: listOf(values['host-whitelist']),
    authToken: values['auth-token'],
    bcryptCost: values['bcrypt-cost'],
    authTokenTtlSeconds: values['auth-token-ttl'],
    unsafeNoFsync: values['unsafe-no-fsync'],
  };
}

type MemberPart = Pick<
  ServerConfig,
  | 'name'
  | 'dataDir'
  | 'walDir'
  | 'snapshotCount'
  | 'snapshotCatchupEntries'
  | 'heartbeatIntervalMs'
  | 'electionTimeoutMs'
  | 'initialElectionTickAdvance'
  | 'listenPeerUrls'
  | 'listenClientUrls'
  | 'listenClientHttpUrls'
  | 'maxSnapshots'
  | 'maxWals'
  | 'quotaBackendBytes'
  | 'quotaAutoDisarm'
  | 'backendBatchIntervalMs'
  | 'backendBatchLimit'
  | 'maxTxnOps'
  | 'maxRequestBytes'
  | 'maxConcurrentStreams'
  | 'grpcKeepaliveMinTimeMs'
  | 'grpcKeepaliveIntervalMs'
  | 'grpcKeepaliveTimeoutMs'
>;

function memberPart(values: OptionValues): MemberPart {
  const quota = values['quota-backend-bytes'];
  return {
    name: values['name'],
    dataDir: dataDirOf(values),
    walDir: values['wal-dir'] === '' ? undefined : values['wal-dir'],
    snapshotCount: values['snapshot-count'],
    snapshotCatchupEntries: values['snapshot-catchup-entries'],
    heartbeatIntervalMs: values['heartbeat-interval'],
    electionTimeoutMs: values['election-timeout'],
    initialElectionTickAdvance: values['initial-election-tick-advance'],
    listenPeerUrls: values['listen-peer-urls'],
    listenClientUrls: values['listen-client-urls'],
    listenClientHttpUrls: values['listen-client-http-urls'],
    maxSnapshots: values['max-snapshots'],
    maxWals: values['max-wals'],
    quotaBackendBytes: quota === 0 ? DEFAULT_QUOTA_BYTES : quota,
    quotaAutoDisarm: values['quota-auto-disarm'],
    backendBatchIntervalMs: positiveOr(values['backend-batch-interval'], DEFAULT_BATCH_INTERVAL_MS),
    backendBatchLimit: positiveOr(values['backend-batch-limit'], DEFAULT_BATCH_LIMIT),
    maxTxnOps: values['max-txn-ops'],
    maxRequestBytes: values['max-request-bytes'],
    maxConcurrentStreams: values['max-concurrent-streams'],
    grpcKeepaliveMinTimeMs: values['grpc-keepalive-min-time'],
    grpcKeepaliveIntervalMs: values['grpc-keepalive-interval'],
    grpcKeepaliveTimeoutMs: values['grpc-keepalive-timeout'],
  };
}

type ClusterPart = Pick<
  ServerConfig,
  | 'initialAdvertisePeerUrls'
  | 'advertiseClientUrls'
  | 'initialCluster'
  | 'initialClusterState'
  | 'initialClusterToken'
  | 'discovery'
  | 'strictReconfigCheck'
  | 'preVote'
  | 'maxLearners'
  | 'forceNewCluster'
>;

const clusterPart = (values: OptionValues): ClusterPart => ({
  initialAdvertisePeerUrls: values['initial-advertise-peer-urls'],
  advertiseClientUrls: values['advertise-client-urls'],
  initialCluster: values['initial-cluster'],
  initialClusterState: values['initial-cluster-state'] === 'existing' ? 'existing' : 'new',
  initialClusterToken: values['initial-cluster-token'],
  discovery: discoveryOf(values),
  strictReconfigCheck: values['strict-reconfig-check'],
  preVote: values['pre-vote'],
  maxLearners: values['max-learners'],
  forceNewCluster: values['force-new-cluster'],
});

type CheckPart = Pick<
  ServerConfig,
  | 'corruptCheckIntervalMs'
  | 'compactHashCheck'
  | 'compactHashCheckIntervalMs'
  | 'initialCorruptCheck'
  | 'downgradeCheckIntervalMs'
  | 'leaseCheckpoint'
  | 'features'
>;

function checkPart(values: OptionValues): CheckPart {
  const gates = gatesOf(values);
  const isOn = (gate: string): boolean => gates.get(gate) === true;
  return {
    corruptCheckIntervalMs: values['corrupt-check-time'],
    compactHashCheck: isOn('CompactHashCheck'),
    compactHashCheckIntervalMs: values['compact-hash-check-time'],
    initialCorruptCheck: isOn('InitialCorruptCheck'),
    downgradeCheckIntervalMs: values['downgrade-check-time'],
    leaseCheckpoint: isOn('LeaseCheckpoint'),
    features: featureSettings(gates),
  };
}

const dataDirOf = (values: OptionValues): string =>
  values['data-dir'] === '' ? `${values['name']}.etcd` : values['data-dir'];

const positiveOr = (value: number, otherwise: number): number => (value > 0 ? value : otherwise);

const listOf = (text: string): readonly string[] => (text === '' ? ['*'] : text.split(','));

/** What an operator should hear about a configuration that is accepted all the same. */
export function adviceOn(values: OptionValues): readonly ConfigNotice[] {
  const notices: ConfigNotice[] = [];
  if (values['listen-client-http-urls'].length === 0) {
    const message =
      'Running http and grpc server on single port. This is not recommended for production.';
    notices.push(warn(message));
  }
  if (values['name'] === 'default') {
    const message =
      "it isn't recommended to use default name, please set a value for --name. Note that etcd might run into issue when multiple members have the same default name";
    notices.push(warn(message, { name: values['name'] }));
  }
  if (values['data-dir'] === '') {
    const fields = { 'data-dir': dataDirOf(values) };
    notices.push(warn("'data-dir' was empty; using default", fields));
  }
  const metrics = values['metrics'];
  if (metrics !== 'basic' && metrics !== 'extensive') {
    notices.push(warn('unknown level of metrics; using basic', { metrics }));
  }
  return [...notices, ...sizeAdvice(values)];
}

function sizeAdvice(values: OptionValues): readonly ConfigNotice[] {
  const notices: ConfigNotice[] = [];
  const quota = values['quota-backend-bytes'];
  if (quota > RECOMMENDED_QUOTA_BYTES) {
    const fields = {
      'quota-size-bytes': quota,
      'quota-maximum-size-bytes': RECOMMENDED_QUOTA_BYTES,
    };
    notices.push(warn('quota exceeds the maximum value', fields));
  }
  const request = values['max-request-bytes'];
  if (request > RECOMMENDED_REQUEST_BYTES) {
    const fields = {
      'max-request-bytes': request,
      'recommended-request-bytes': RECOMMENDED_REQUEST_BYTES,
    };
    notices.push(warn('exceeded recommended request limit', fields));
  }
  const progress = values['watch-progress-notify-interval'];
  if (progress > 0 && progress < MIN_PROGRESS_INTERVAL_MS) {
    const fields = {
      'watch-progress-notify-interval-ms': progress,
      'minimum-interval-ms': MIN_PROGRESS_INTERVAL_MS,
    };
    notices.push(warn('adjusting watch progress notify interval to minimum period', fields));
  }
  return notices;
}
