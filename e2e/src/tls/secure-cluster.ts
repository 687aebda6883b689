import { credentials, type ChannelCredentials } from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';

import {
  createScratchDirectory,
  EtcdProcess,
  freePort,
  removeScratchDirectory,
  RpcClient,
  type Flavour,
} from '@etcd-ts/testkit';

import type { CertificateStore } from './certificate-store.js';

/** It has an election to sit out, on a machine that others use as well. */
const RESTART_TIMEOUT_MS = 30_000;

export interface SecureMember {
  readonly name: string;
  readonly process: EtcdProcess;
  readonly clientUrl: string;
  readonly peerUrl: string;
}

/** Members whose clients and peers both show certificates. */
export class SecureCluster {
  readonly members: SecureMember[];
  readonly #directories: readonly string[];

  private constructor(members: SecureMember[], directories: readonly string[]) {
    this.members = members;
    this.#directories = directories;
  }

  /**
   * One member for each flavour, named m0, m1, ...; `peerFlags` are those of a member's peer side.
   * Waits until every member serves.
   */
  static async start(
    flavours: readonly Flavour[],
    store: CertificateStore,
    peerFlags: readonly string[],
  ): Promise<SecureCluster> {
    const cluster = await SecureCluster.#launch(flavours, store, peerFlags);
    try {
      await Promise.all(cluster.members.map(({ process }) => process.ready()));
    } catch (error) {
      const logs = cluster.members.map(({ process }) => process.log.slice(-4_000)).join('\n---\n');
      await cluster.dispose();
      throw new Error(`the cluster did not start\n${logs}`, { cause: error });
    }
    return cluster;
  }

  static async #launch(
    flavours: readonly Flavour[],
    store: CertificateStore,
    peerFlags: readonly string[],
  ): Promise<SecureCluster> {
    const plans = await Promise.all(
      flavours.map(async (flavour, at) => ({
        name: `m${at}`,
        flavour,
        directory: createScratchDirectory(`tls-m${at}`),
        clientPort: await freePort(),
        peerPort: await freePort(),
      })),
    );
    const initialCluster = plans
      .map(({ name, peerPort }) => `${name}=https://127.0.0.1:${peerPort}`)
      .join(',');
    const members: SecureMember[] = [];
    for (const { name, flavour, directory, clientPort, peerPort } of plans) {
      const clientUrl = `https://127.0.0.1:${clientPort}`;
      const peerUrl = `https://127.0.0.1:${peerPort}`;
      const process = await EtcdProcess.launch({
        flavour,
        dataDir: directory,
        clientPort,
        peerPort,
        commandLine: [
          ...['--name', name, '--data-dir', directory],
          ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
          ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
          ...['--initial-cluster', initialCluster, '--initial-cluster-token', 'tls'],
          ...['--logger', 'zap', '--log-outputs', 'stderr'],
          ...store.clientSideFlags('server'),
          ...peerFlags,
        ],
      });
      members.push({ name, process, clientUrl, peerUrl });
    }
    return new SecureCluster(
      members,
      plans.map(({ directory }) => directory),
    );
  }

  member(at: number): SecureMember {
    const member = this.members[at];
    if (member === undefined) throw new Error(`there is no member ${at}`);
    return member;
  }

  /** Kills a member and starts it anew over its data: it has no connection of before. */
  async restart(at: number): Promise<void> {
    const member = this.member(at);
    await member.process.stop('SIGKILL');
    const process = await EtcdProcess.launch(member.process.setup);
    this.members[at] = { ...member, process };
    await process.ready(RESTART_TIMEOUT_MS).catch((cause: unknown) => {
      throw new Error(process.log.slice(-4_000), { cause });
    });
  }

  async dispose(): Promise<void> {
    await Promise.all(this.members.map(({ process }) => process.dispose()));
    for (const directory of this.#directories) removeScratchDirectory(directory);
  }
}

/** A gRPC client that shows NAME. */
export function secureClient(
  { clientUrl }: SecureMember,
  store: CertificateStore,
  name: string,
): RpcClient {
  return new RpcClient(new URL(clientUrl).host, channelCredentials(store, name));
}

function channelCredentials(store: CertificateStore, name: string): ChannelCredentials {
  const read = (file: string): Buffer => readFileSync(store.path(file));
  return credentials.createSsl(read('ca.pem'), read(`${name}.key`), read(`${name}.pem`));
}
