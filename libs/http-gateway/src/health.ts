import type { Logger } from '@etcd-ts/foundation';
import { failure, text } from './answer.js';
import type { Answer } from './answer.js';
import type { HealthObserver, NodeStatus } from './node-status.js';
import { probeFailure } from './probe.js';

/** GET /health: may this member serve? `exclude=ALARM` and `serializable=true` soften it. */
export async function health(
  node: NodeStatus,
  query: URLSearchParams,
  observer: HealthObserver,
  logger: Logger,
): Promise<Answer> {
  const reason = await unhealthyBecause(node, query);
  observer.health(reason === undefined);
  const body = JSON.stringify({ health: String(reason === undefined), reason: reason ?? '' });
  if (reason === undefined) {
    logger.debug('/health OK', { 'status-code': 200 });
    return text(body);
  }
  logger.warn('/health error', { output: body, 'status-code': 503 });
  return failure(503, body);
}

async function unhealthyBecause(
  node: NodeStatus,
  query: URLSearchParams,
): Promise<string | undefined> {
  const excluded = new Set(query.getAll('exclude'));
  const alarm = node.alarms().find((name) => !excluded.has(name));
  if (alarm !== undefined) return `ALARM ${alarm}`;
  const serializable = query.get('serializable') === 'true';
  if (!serializable && !node.hasLeader()) return 'RAFT NO LEADER';
  const failed = await probeFailure(node, serializable ? 'serializable' : 'linearizable');
  return failed === undefined ? undefined : `RANGE ERROR:${failed}`;
}
