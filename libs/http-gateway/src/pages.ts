import { json } from './answer.js';
import type { Answer } from './answer.js';
import type { NodeStatus } from './node-status.js';

/** GET /version. */
export function version(node: NodeStatus): Answer {
  return json(
    JSON.stringify({
      etcdserver: node.serverVersion,
      etcdcluster: node.clusterVersion() ?? 'not_decided',
      storage: node.storageVersion() ?? 'unknown',
    }),
  );
}

/**
 * GET /debug/vars, in the layout of Go's expvar. Of Go's memory statistics only those are given
 * that mean the same thing in this runtime.
 */
export function debugVariables(node: NodeStatus): Answer {
  const { heapUsed, heapTotal, rss } = process.memoryUsage();
  const variables: readonly (readonly [string, unknown])[] = [
    ['cmdline', node.commandLine],
    ['file_descriptor_limit', node.fileDescriptorLimit],
    ['memstats', { Alloc: heapUsed, Sys: rss, HeapAlloc: heapUsed, HeapSys: heapTotal }],
    ['raft.status', node.raftStatus()],
  ];
  const lines = variables.map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: `{\n${lines.join(',\n')}\n}\n`,
  };
}
