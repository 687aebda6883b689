import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { encodeLines } from '@etcd-ts/checker';
import { workspaceRoot, type EtcdCluster } from '@etcd-ts/testkit';

import type { ChaosScene } from './scene.js';

/** Keeps what went wrong: what clients saw, what watchers saw, what members said. */
export function archive(
  name: string,
  { load, watchRecords }: ChaosScene,
  cluster: EtcdCluster,
  message: string,
): string {
  const folder = join(workspaceRoot(), 'dist', 'chaos', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'violation.txt'), `${message}\n`);
  writeFileSync(join(folder, 'history.jsonl'), encodeLines(load.history));
  writeFileSync(join(folder, 'watches.jsonl'), encodeLines(watchRecords));
  for (const member of cluster.members) {
    writeFileSync(join(folder, `${member.name}.log`), member.log);
  }
  return folder;
}
