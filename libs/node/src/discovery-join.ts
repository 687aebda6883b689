import { joinThroughV2, joinThroughV3 } from '@etcd-ts/bootstrap';
import type { DiscoveryOutcome, Joiner } from '@etcd-ts/bootstrap';
import type { Discovery } from '@etcd-ts/config';
import { joinThroughDns } from './srv-discovery.js';

/** Asks who the members are, and says who this one is, as the configuration has it. */
export function joinThrough(discovery: Discovery, joiner: Joiner): Promise<DiscoveryOutcome> {
  if (discovery.kind === 'v2') return joinThroughV2(discovery, joiner);
  if (discovery.kind === 'srv') return joinThroughDns(discovery, joiner);
  const { keepaliveTimeMs: timeMs, keepaliveTimeoutMs: timeoutMs, ...rest } = discovery;
  return joinThroughV3({ ...rest, security: rest, keepalive: { timeMs, timeoutMs } }, joiner);
}
