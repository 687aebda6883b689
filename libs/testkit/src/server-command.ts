import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { workspaceRoot } from './workspace.js';

/** Whose etcd: this repository's, or the Go one installed on the machine. */
export type Flavour = 'ours' | 'reference';

/**
 * The program that starts a node. TESTKIT_NODE and TESTKIT_REFERENCE replace it, so the
 * suites themselves can be checked with the same program on both sides.
 */
export function serverCommand(flavour: Flavour): string {
  if (flavour === 'reference') return process.env['TESTKIT_REFERENCE'] ?? 'etcd';
  const launcher = process.env['TESTKIT_NODE'] ?? join(workspaceRoot(), 'bin', 'etcd');
  if (!existsSync(launcher)) throw new Error(`${launcher} is missing: run the build first`);
  return launcher;
}

/** The `etcdctl` every comparison uses: the original one. */
export const ETCDCTL_COMMAND = process.env['TESTKIT_ETCDCTL'] ?? 'etcdctl';
