import { humanBytes } from '@etcd-ts/command-line';
import type { HashKVResponse, StatusResponse } from '@etcd-ts/wire-protocol';
import { field, headerFields, headerJson, quotedField } from '../output/field-lines.js';
import type { JsonValue } from '../output/json.js';
import { some } from '../output/json.js';
import type { Answer } from '../output/output.js';

export interface Health {
  readonly endpoint: string;
  readonly isHealthy: boolean;
  readonly took: string;
  /** Empty: none. */
  readonly error: string;
}

interface At<Response> {
  readonly endpoint: string;
  readonly answer: Response;
}

export function healthLine({ endpoint, isHealthy, took, error }: Health): string {
  if (isHealthy) return `${endpoint} is healthy: successfully committed proposal: took = ${took}\n`;
  return `${endpoint} is unhealthy: failed to commit proposal: ${error}\n`;
}

export function healthAnswer(healths: readonly Health[]): Answer {
  return {
    simple: () => healths.map(healthLine),
    json: () =>
      healths.map(({ endpoint, isHealthy, took, error }) => ({
        endpoint,
        health: isHealthy,
        took,
        error: some(error),
      })),
    fields: () =>
      healths.flatMap(({ endpoint, isHealthy, took, error }) => [
        quotedField('Endpoint', endpoint),
        field('Health', isHealthy),
        field('Took', took),
        field('Error', error),
        '\n',
      ]),
    table: () => ({
      header: ['endpoint', 'health', 'took', 'error'],
      rows: healths.map(({ endpoint, isHealthy, took, error }) => [
        endpoint,
        String(isHealthy),
        took,
        error,
      ]),
    }),
  };
}

const STATUS_COLUMNS = [
  'endpoint',
  'ID',
  'version',
  'storage version',
  'db size',
  'in use',
  'percentage not in use',
  'quota',
  'is leader',
  'is learner',
  'raft term',
  'raft index',
  'raft applied index',
  'errors',
  'downgrade target version',
  'downgrade enabled',
];

export function statusAnswer(statuses: readonly At<StatusResponse>[]): Answer {
  const rows = statuses.map(statusRow);
  return {
    simple: () => rows.map((row) => `${row.join(', ')}\n`),
    json: () =>
      statuses.map(({ endpoint, answer }) => ({ Endpoint: endpoint, Status: statusJson(answer) })),
    fields: () => statuses.flatMap(statusFields),
    table: () => ({ header: STATUS_COLUMNS, rows }),
  };
}

function statusRow({ endpoint, answer }: At<StatusResponse>): string[] {
  const { dbSize, dbSizeInUse, downgradeInfo } = answer;
  const notInUse = dbSize === 0n ? 0n : 100n - (dbSizeInUse * 100n) / dbSize;
  return [
    endpoint,
    (answer.header?.memberId ?? 0n).toString(16),
    answer.version,
    answer.storageVersion,
    humanBytes(dbSize),
    humanBytes(dbSizeInUse),
    `${notInUse}%`,
    humanBytes(answer.dbSizeQuota),
    String(answer.leader === answer.header?.memberId),
    String(answer.isLearner),
    String(answer.raftTerm),
    String(answer.raftIndex),
    String(answer.raftAppliedIndex),
    answer.errors.join(', '),
    downgradeInfo?.targetVersion ?? '',
    String(downgradeInfo?.enabled ?? false),
  ];
}

function statusJson(status: StatusResponse): JsonValue {
  const { downgradeInfo } = status;
  return {
    header: headerJson(status.header),
    version: some(status.version),
    dbSize: some(status.dbSize),
    leader: some(status.leader),
    raftIndex: some(status.raftIndex),
    raftTerm: some(status.raftTerm),
    raftAppliedIndex: some(status.raftAppliedIndex),
    errors: some(status.errors),
    dbSizeInUse: some(status.dbSizeInUse),
    isLearner: some(status.isLearner),
    storageVersion: some(status.storageVersion),
    dbSizeQuota: some(status.dbSizeQuota),
    downgradeInfo: downgradeInfo && {
      enabled: some(downgradeInfo.enabled),
      targetVersion: some(downgradeInfo.targetVersion),
    },
  };
}

function statusFields({ endpoint, answer }: At<StatusResponse>): string[] {
  return [
    ...headerFields(answer.header),
    quotedField('Version', answer.version),
    quotedField('StorageVersion', answer.storageVersion),
    field('DBSize', answer.dbSize),
    field('DBSizeInUse', answer.dbSizeInUse),
    field('DBSizeQuota', answer.dbSizeQuota),
    field('Leader', answer.leader),
    field('IsLearner', answer.isLearner),
    field('RaftIndex', answer.raftIndex),
    field('RaftAppliedIndex', answer.raftAppliedIndex),
    field('Errors', `[${answer.errors.join(' ')}]`),
    quotedField('Endpoint', endpoint),
    quotedField('DowngradeTargetVersion', answer.downgradeInfo?.targetVersion ?? ''),
    field('DowngradeEnabled', answer.downgradeInfo?.enabled ?? false),
    '\n',
  ];
}

export function hashAnswer(hashes: readonly At<HashKVResponse>[]): Answer {
  const rows = hashes.map(({ endpoint, answer }) => [
    endpoint,
    String(answer.hash),
    String(answer.hashRevision),
  ]);
  return {
    simple: () => rows.map((row) => `${row.join(', ')}\n`),
    json: () =>
      hashes.map(({ endpoint, answer }) => ({
        Endpoint: endpoint,
        HashKV: {
          header: headerJson(answer.header),
          hash: some(answer.hash),
          compact_revision: some(answer.compactRevision),
          hash_revision: some(answer.hashRevision),
        },
      })),
    fields: () =>
      hashes.flatMap(({ endpoint, answer }) => [
        ...headerFields(answer.header),
        quotedField('Endpoint', endpoint),
        field('Hash', answer.hash),
        field('HashRevision', answer.hashRevision),
        '\n',
      ]),
    table: () => ({ header: ['endpoint', 'hash', 'hash revision'], rows }),
  };
}
