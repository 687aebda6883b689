import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { EtcdCluster, freePort, workspaceRoot } from '@etcd-ts/testkit';

/**
 * A short log, so that whoever was away needs a snapshot; small segments of compaction, as in etcd's
 * robustness tests, so that a compaction has several.
 */
const FLAGS = [
  ...['--snapshot-count', '100', '--snapshot-catchup-entries', '20'],
  ...['--experimental-compaction-batch-limit', '10', '--enable-v2'],
];

function failpointBundle(): string {
  const root = workspaceRoot();
  const build = [join(root, 'tools', 'build', 'main.mjs'), 'etcd', '--failpoints'];
  execFileSync(process.execPath, build, { stdio: ['ignore', 'ignore', 'inherit'] });
  return join(root, 'dist', 'apps', 'etcd', 'main.failpoints.cjs');
}

/** With `failpoints`, members of the build that can be made to fail at named points. */
export function startChaosCluster(size: number, failpoints: boolean): Promise<EtcdCluster> {
  const plain = { flavour: 'ours', size, flags: FLAGS, links: true } as const;
  if (!failpoints) return EtcdCluster.start(plain);
  return EtcdCluster.start({
    ...plain,
    program: [process.execPath, failpointBundle()],
    env: async () => ({ GOFAIL_HTTP: `127.0.0.1:${await freePort()}` }),
  });
}
