import { failure } from '@etcd-ts/command-line';
import { createLogger } from '@etcd-ts/observability';
import type { NodeLogger } from '@etcd-ts/observability';
import { SYSTEM_CLOCK } from '@etcd-ts/server';

/** To standard error; standard output is the command's answer. */
export function openLog(caller: string): NodeLogger {
  const options = {
    level: 'info',
    outputs: ['stderr'],
    format: 'json',
    clock: SYSTEM_CLOCK,
  } as const;
  const outcome = createLogger({ ...options, caller });
  if (outcome.kind === 'error') throw failure(outcome.message);
  return outcome.logger;
}
