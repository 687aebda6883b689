import type { DiscoveryOutcome } from '../discovery-outcome.js';
import { failure } from '../discovery-outcome.js';
import type { EtcdEndpointsOptions } from '../etcd/etcd-endpoints.js';
import { EtcdEndpoints } from '../etcd/etcd-endpoints.js';
import { withFields } from '../field-logger.js';
import type { Joiner } from '../joiner.js';
import { ownMemberId, registrationOf } from '../joiner.js';
import { V3Discovery } from './v3-discovery.js';

/** The --discovery-* options. */
export interface V3DiscoveryOptions extends EtcdEndpointsOptions {
  /** --discovery-token */
  readonly token: string;
}

/** Discovery through the keys of any etcd that speaks v3. */
export async function joinThroughV3(
  options: V3DiscoveryOptions,
  joiner: Joiner,
): Promise<DiscoveryOutcome> {
  const { token } = options;
  const { scheduler, signal, peerUrls } = joiner;
  const shown = { 'discovery-token': token, 'discovery-endpoints': [...options.endpoints] };
  const logger = withFields(joiner.logger, shown);
  let endpoints: EtcdEndpoints;
  try {
    endpoints = new EtcdEndpoints(options);
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
  const discovery = new V3Discovery({
    endpoints,
    token,
    memberId: ownMemberId(peerUrls, token),
    registration: registrationOf(joiner),
    scheduler,
    logger,
    signal,
  });
  try {
    const outcome = await discovery.join();
    if (outcome.kind === 'failed') {
      logger.warn('discovery failed to join cluster', { error: outcome.message });
    }
    if (outcome.kind !== 'ok') return outcome;
    logger.info('discovery joined cluster successfully', { cluster: outcome.initialCluster });
    return { ...outcome, initialClusterToken: token };
  } finally {
    endpoints.close();
  }
}
