import { joinThroughV2, joinThroughV3, PLAINTEXT } from '@etcd-ts/bootstrap';
import type { DiscoveryOutcome, Joiner } from '@etcd-ts/bootstrap';
import { SYSTEM_SCHEDULER } from '@etcd-ts/daemon';
import { SILENT_LOGGER } from '@etcd-ts/foundation';

/** No test may leave somebody waiting. */
const PATIENCE_MS = 120_000;

const joiner = (name: string, peerUrl: string): Joiner => ({
  name,
  peerUrls: [peerUrl],
  scheduler: SYSTEM_SCHEDULER,
  logger: SILENT_LOGGER,
  signal: AbortSignal.timeout(PATIENCE_MS),
});

/** What a node of ours does first when it has --discovery. */
export const joinV2 = (url: string, name: string, peerUrl: string): Promise<DiscoveryOutcome> =>
  joinThroughV2({ url, proxy: '' }, joiner(name, peerUrl));

/** The same with --discovery-token and --discovery-endpoints. */
export const joinV3 = (
  endpoints: readonly string[],
  token: string,
  name: string,
  peerUrl: string,
): Promise<DiscoveryOutcome> =>
  joinThroughV3(
    {
      endpoints,
      token,
      security: PLAINTEXT,
      user: '',
      password: '',
      dialTimeoutMs: 2000,
      requestTimeoutMs: 5000,
      keepalive: { timeMs: 2000, timeoutMs: 6000 },
    },
    joiner(name, peerUrl),
  );
