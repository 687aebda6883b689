import type { Exchange, PeerRegistry } from './exchange.js';
import { servePipeline } from './pipeline-handler.js';
import { serveSnapshot } from './snapshot-handler.js';
import { serveStream } from './stream-handler.js';

/** The path of a request that the transport serves, without its query; undefined for others. */
export function raftPath(target: string): string | undefined {
  const path = target.split('?', 1)[0] ?? '';
  return path === '/raft' || path.startsWith('/raft/') ? path : undefined;
}

export async function serveRaftPath(
  exchange: Exchange,
  path: string,
  registry: PeerRegistry,
): Promise<void> {
  if (path === '/raft') return servePipeline(exchange, registry);
  if (path === '/raft/snapshot') return serveSnapshot(exchange, registry);
  if (path === '/raft/probing') return serveProbe(exchange);
  if (path.startsWith('/raft/stream/')) return serveStream(exchange, path, registry);
  exchange.fail(404, '404 page not found');
}

/** Any method, without checks, as etcd's: it says nothing but the time. */
function serveProbe({ response, options }: Exchange): void {
  const body = JSON.stringify({ OK: true, Now: new Date(options.clock.wallMs()).toISOString() });
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${body}\n`);
}
