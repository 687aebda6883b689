import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  createScratchDirectory,
  EtcdProcess,
  removeScratchDirectory,
  RpcClient,
  runCommand,
  succeeded,
  type Flavour,
} from '@etcd-ts/testkit';
import {
  KVDefinition,
  LeaseDefinition,
  LeaseLeasesRequest,
  PutRequest,
  RangeRequest,
} from '@etcd-ts/wire-protocol';

import { cpuSeconds } from './cpu.js';

/** What a server has really done, read from the server itself. */
export interface Counters {
  readonly revision: number;
  readonly leases: number;
  /** Calls answered with OK, by gRPC method. */
  readonly ok: ReadonlyMap<string, number>;
  readonly fsyncs: number;
  readonly cpuSeconds: number;
}

const { range, put } = KVDefinition.methods;

/** A server under measurement, on a fresh data directory on the real disk. */
export class Subject {
  readonly flavour: Flavour;
  node: EtcdProcess;
  readonly #folder: string;
  #client: RpcClient;

  static async start(flavour: Flavour, flags: readonly string[] = []): Promise<Subject> {
    const folder = createScratchDirectory(`bench-${flavour}`);
    const node = await EtcdProcess.start({ flavour, dataDir: join(folder, 'data'), flags });
    return new Subject(flavour, folder, node);
  }

  private constructor(flavour: Flavour, folder: string, node: EtcdProcess) {
    this.flavour = flavour;
    this.#folder = folder;
    this.node = node;
    this.#client = new RpcClient(node.endpoint);
  }

  get endpoint(): string {
    return this.node.endpoint;
  }

  get dataDir(): string {
    return this.node.setup.dataDir;
  }

  /** A request's body with gRPC's prefix, in a file for h2load. */
  bodyFile(name: string, message: Uint8Array): string {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    const file = join(this.#folder, `${name}.bin`);
    writeFileSync(file, Buffer.concat([prefix, message]));
    return file;
  }

  file(name: string): string {
    return join(this.#folder, name);
  }

  /** The length of one answer, with gRPC's prefix, taken by a real client that decodes it. */
  async answerBytes(path: string, message: Uint8Array): Promise<number> {
    const answer = await succeeded(this.#client.unaryBytes(path, Buffer.from(message)));
    return answer.length + 5;
  }

  async put(key: string, valueBytes: number): Promise<void> {
    const value = Buffer.alloc(valueBytes, 'v');
    const request = PutRequest.fromPartial({ key: Buffer.from(key), value });
    await succeeded(this.#client.unary(KVDefinition, put, request));
  }

  async countPrefix(prefix: string): Promise<{ count: number; milliseconds: number }> {
    const key = Buffer.from(prefix);
    const end = Buffer.from(prefix);
    end[end.length - 1] = (end.at(-1) ?? 0) + 1;
    const request = RangeRequest.fromPartial({ key, rangeEnd: end, countOnly: true });
    const start = performance.now();
    const { count } = await succeeded(
      this.#client.unary(KVDefinition, range, request, { deadlineMs: 120_000 }),
    );
    return { count: Number(count), milliseconds: performance.now() - start };
  }

  async counters(): Promise<Counters> {
    const probe = RangeRequest.fromPartial({ key: Buffer.of(0), countOnly: true });
    const { header } = await succeeded(this.#client.unary(KVDefinition, range, probe));
    const { leases } = await succeeded(
      this.#client.unary(
        LeaseDefinition,
        LeaseDefinition.methods.leaseLeases,
        LeaseLeasesRequest.fromPartial({}),
      ),
    );
    const metrics = await (await fetch(`http://${this.endpoint}/metrics`)).text();
    return {
      revision: Number(header?.revision ?? 0n),
      leases: leases.length,
      ok: okByMethod(metrics),
      fsyncs: Number(/^etcd_disk_wal_fsync_duration_seconds_count (\S+)/m.exec(metrics)?.[1] ?? 0),
      cpuSeconds: cpuSeconds(this.node.pid) ?? 0,
    };
  }

  /** Stops and starts the server over its data; resolves with the seconds until it answers a read. */
  async restart(): Promise<number> {
    this.#client.close();
    await this.node.stop();
    const start = performance.now();
    this.node = await this.node.restart();
    this.#client = new RpcClient(this.endpoint);
    await this.counters();
    return (performance.now() - start) / 1000;
  }

  async diskBytes(): Promise<number> {
    const { stdout } = await runCommand('du', ['-sB1', this.dataDir]);
    return Number(stdout.split('\t')[0]);
  }

  async dispose(): Promise<void> {
    this.#client.close();
    await this.node.dispose();
    removeScratchDirectory(this.#folder);
  }
}

export function okByMethod(metrics: string): ReadonlyMap<string, number> {
  const ok = new Map<string, number>();
  for (const [, labels = '', value] of metrics.matchAll(
    /^grpc_server_handled_total\{(.*?)\} (\S+)/gm,
  )) {
    if (!labels.includes('grpc_code="OK"')) continue;
    const method = /grpc_method="(\w+)"/.exec(labels)?.[1] ?? '';
    ok.set(method, (ok.get(method) ?? 0) + Number(value));
  }
  return ok;
}
