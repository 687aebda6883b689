import { activateFailpoints, FailpointRegistry } from '@etcd-ts/failpoint';

import { CRASH_HOST } from './crash-host.js';
import { serveFailpoints } from './failpoint-server.js';

/**
 * As in programs built with gofail: GOFAIL_FAILPOINTS sets points from the first moment on,
 * GOFAIL_HTTP (host:port) serves the control interface. Throws when either cannot be taken.
 */
export function startFailpoints(env: NodeJS.ProcessEnv): void {
  const registry = new FailpointRegistry(CRASH_HOST);
  const { GOFAIL_FAILPOINTS: settings = '', GOFAIL_HTTP: address = '' } = env;
  if (registry.setAll(settings) !== 'ok') {
    throw new Error(`fail to parse failpoint: bad failpoint "${settings}"`);
  }
  activateFailpoints(registry);
  if (address === '') return;
  const [, host, port] = /^(.*):(\d+)$/u.exec(address) ?? [];
  if (port === undefined) throw new Error(`GOFAIL_HTTP=${address} is no host:port`);
  const server = serveFailpoints(registry);
  server.listen({ port: Number(port), ...(host === '' ? {} : { host }) });
  server.unref();
}
