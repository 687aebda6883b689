import { failure } from '@etcd-ts/command-line';
import { createLogger } from '@etcd-ts/observability';
import type { NodeLogger } from '@etcd-ts/observability';
import { SYSTEM_CLOCK } from '@etcd-ts/server';

/** To standard error, as the original: a proxy has no flags about its log but --debug. */
export function openProxyLog(level: 'info' | 'debug'): NodeLogger {
  const outcome = createLogger({
    level,
    outputs: ['stderr'],
    format: 'json',
    clock: SYSTEM_CLOCK,
    caller: 'etcdmain',
  });
  if (outcome.kind === 'error') throw failure(outcome.message);
  return outcome.logger;
}
