import type { DiscoveryOutcome } from '../discovery-outcome.js';
import { failure } from '../discovery-outcome.js';
import type { Joiner } from '../joiner.js';
import { ownMemberId, registrationOf } from '../joiner.js';
import { HttpExchange } from './http-exchange.js';
import { KeysClient } from './keys-client.js';
import { V2Discovery } from './v2-discovery.js';

export interface V2DiscoveryOptions {
  /** --discovery: scheme and host of the service; the path is the directory. */
  readonly url: string;
  /** --discovery-proxy; empty: none. */
  readonly proxy: string;
}

/** Discovery through a v2 keys API: a discovery service, or a directory of any etcd that has it. */
export async function joinThroughV2(
  { url, proxy }: V2DiscoveryOptions,
  joiner: Joiner,
): Promise<DiscoveryOutcome> {
  const { scheduler, logger, signal, peerUrls } = joiner;
  const directoryUrl = parseUrl(url);
  if (directoryUrl === undefined) return failure(`discovery: invalid discovery URL ${url}`);
  const proxyUrl = proxy === '' ? undefined : parseProxy(proxy);
  if (proxy !== '' && proxyUrl === undefined) {
    return failure(`invalid proxy address ${JSON.stringify(proxy)}`);
  }
  const exchange = new HttpExchange({ proxy: proxyUrl, scheduler });
  const discovery = new V2Discovery({
    directory: new KeysClient(exchange, directoryUrl),
    shownUrl: directoryUrl.origin,
    memberId: ownMemberId(peerUrls, url),
    registration: registrationOf(joiner),
    scheduler,
    logger,
    signal,
  });
  const outcome = await discovery.join();
  return outcome.kind === 'ok' ? { ...outcome, initialClusterToken: url } : outcome;
}

function parseUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}

/** What does not look like a URL of a proxy is taken for its address, as Go's programs do. */
const parseProxy = (text: string): URL | undefined =>
  /^https?:\/\//u.test(text) ? parseUrl(text) : parseUrl(`http://${text}`);
