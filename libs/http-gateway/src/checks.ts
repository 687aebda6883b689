import type { Logger } from '@etcd-ts/foundation';
import { failure, text } from './answer.js';
import type { Answer } from './answer.js';
import type { HealthObserver, NodeStatus } from './node-status.js';
import { probeFailure } from './probe.js';

/** Answers what is wrong, or undefined. */
type Check = (node: NodeStatus) => Promise<string | undefined>;

const CHECKS = {
  data_corruption: (node) =>
    Promise.resolve(node.alarms().includes('CORRUPT') ? 'alarm activated: CORRUPT' : undefined),
  serializable_read: (node) => probeFailure(node, 'serializable'),
  linearizable_read: (node) => probeFailure(node, 'linearizable'),
  non_learner: (node) =>
    Promise.resolve(node.isLearner() ? 'not supported for learner' : undefined),
} satisfies Record<string, Check>;

type CheckName = keyof typeof CHECKS;

/** livez: would a restart help? readyz: may traffic be sent here? In the order they are reported. */
const CHECKS_OF: Readonly<Record<'livez' | 'readyz', readonly CheckName[]>> = {
  livez: ['serializable_read'],
  readyz: ['data_corruption', 'serializable_read', 'linearizable_read', 'non_learner'],
};

/**
 * The checks a path stands for: all for `/readyz`, one for `/readyz/non_learner`; undefined for a
 * path that is none of them.
 */
export function checksAt(
  path: string,
): { readonly type: 'livez' | 'readyz'; readonly names: readonly CheckName[] } | undefined {
  const [, type, name, ...rest] = path.split('/');
  if ((type !== 'livez' && type !== 'readyz') || rest.length > 0) return undefined;
  if (name === undefined) return { type, names: CHECKS_OF[type] };
  const names = CHECKS_OF[type].filter((candidate) => candidate === name);
  return names.length === 0 ? undefined : { type, names };
}

/** The list of results goes with every failure, and with a success when `verbose` is asked for. */
export async function runChecks(
  node: NodeStatus,
  { type, names }: { readonly type: 'livez' | 'readyz'; readonly names: readonly CheckName[] },
  query: URLSearchParams,
  observer: HealthObserver,
  logger: Logger,
): Promise<Answer> {
  const excluded = new Set(query.getAll('exclude'));
  const results = await Promise.all(
    names.map(async (name) => {
      if (excluded.has(name)) return { healthy: true, line: `[+]${name} excluded: ok\n` };
      const failed = await CHECKS[name](node);
      observer.check(type, name, failed === undefined);
      return failed === undefined
        ? { healthy: true, line: `[+]${name} ok\n` }
        : { healthy: false, line: `[-]${name} failed: ${failed}\n` };
    }),
  );
  const report = results.map(({ line }) => line).join('');
  if (results.every(({ healthy }) => healthy))
    return text(query.has('verbose') ? `${report}ok\n` : 'ok\n');
  logger.warn('health check error', { path: `/${type}`, output: report, 'status-code': 503 });
  return failure(503, report.trimEnd());
}
