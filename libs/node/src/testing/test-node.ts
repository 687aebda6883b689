import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfiguration } from '@etcd-ts/config';
import type { ServerConfig } from '@etcd-ts/config';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { Connection } from '@etcd-ts/rpc';
import type { ListenAddress } from '@etcd-ts/rpc';

import { startNode } from '../node.js';
import type { Node, NodeParts } from '../node.js';

const ANY_PORT = 'http://127.0.0.1:0';

/** What the command line would make of these flags. */
export function configOf(dataDir: string, flags: readonly string[] = []): ServerConfig {
  const outcome = parseConfiguration({
    argv: [
      ...['--data-dir', dataDir, '--listen-client-urls', ANY_PORT, '--listen-peer-urls', ANY_PORT],
      ...['--advertise-client-urls', 'http://127.0.0.1:2379'],
      ...flags,
    ],
    env: {},
    readFile: (path) => {
      throw new Error(`no file ${path}`);
    },
    build: { apiVersion: '0', version: '0', commit: '', nodeVersion: '', os: '', arch: '' },
    defaultHost: undefined,
  });
  if (outcome.kind !== 'run') throw new Error(JSON.stringify(outcome));
  return outcome.config;
}

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'etcd-ts-node-'));
}

export function removeDirectory(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** For flags that do not tell afterwards which port they got. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The text of an address, as clients take it. */
export function textOf(address: ListenAddress | undefined): string {
  if (address === undefined) throw new Error('no such address');
  return 'socketPath' in address ? `unix:${address.socketPath}` : `${address.host}:${address.port}`;
}

/** A node on its own directory and port, with a connection to it. */
export class TestNode {
  readonly node: Node;
  readonly dataDir: string;
  readonly connection: Connection;

  static async start(flags: readonly string[] = [], parts?: Partial<NodeParts>): Promise<TestNode> {
    const dataDir = temporaryDirectory();
    const node = await startNode(configOf(dataDir, flags), { logger: SILENT_LOGGER, ...parts });
    await node.ready;
    return new TestNode(node, dataDir);
  }

  private constructor(node: Node, dataDir: string) {
    this.node = node;
    this.dataDir = dataDir;
    this.connection = new Connection(this.address);
  }

  get address(): string {
    return textOf(this.node.clientAddresses[0]);
  }

  async dispose(): Promise<void> {
    this.connection.close();
    await this.node.stop();
    removeDirectory(this.dataDir);
  }
}
