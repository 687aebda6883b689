import { join } from 'node:path';

import {
  EtcdProcess,
  RpcClient,
  runCommand,
  succeeded,
  type Flavour,
  type Method,
  type Service,
} from '@etcd-ts/testkit';
import { KVDefinition, PutRequest, RangeRequest } from '@etcd-ts/wire-protocol';

import { readCounters, type Counters } from './counters.js';
import { residentBytes } from './cpu.js';
import { KEY_BYTES, takeIndexes } from './generator-workload.js';
import { VALUE_BYTES } from './h2load-workload.js';
import { runGenerator } from './load-command.js';
import { DishonestRun } from './measurement.js';
import { Files, type Subject } from './subject.js';

const { range, put } = KVDefinition.methods;
/** A count of many keys, a Defragment, a compaction: the original takes its time. */
const LONG_DEADLINE_MS = 300_000;

/** A server under measurement, on a fresh data directory on the real disk. */
export class OneMember implements Subject {
  readonly flavour: Flavour;
  readonly #files: Files;
  #node: EtcdProcess;
  #client: RpcClient;

  static async start(flavour: Flavour, flags: readonly string[] = []): Promise<OneMember> {
    const files = new Files(flavour);
    const dataDir = join(files.folder, 'data');
    const node = await EtcdProcess.start({ flavour, dataDir, flags });
    return new OneMember(flavour, files, node);
  }

  private constructor(flavour: Flavour, files: Files, node: EtcdProcess) {
    this.flavour = flavour;
    this.#files = files;
    this.#node = node;
    this.#client = new RpcClient(node.endpoint);
  }

  get endpoint(): string {
    return this.#node.endpoint;
  }

  get pid(): number {
    return this.#node.pid;
  }

  get residentBytes(): number {
    return residentBytes(this.pid);
  }

  file(name: string): string {
    return this.#files.file(name);
  }

  bodyFile(name: string, message: Uint8Array): string {
    return this.#files.bodyFile(name, message);
  }

  async answerBytes(path: string, message: Uint8Array): Promise<number> {
    const answer = await succeeded(this.#client.unaryBytes(path, Buffer.from(message)));
    return answer.length + 5;
  }

  counters(): Promise<Counters> {
    return readCounters(this.#client, this.endpoint, this.pid);
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://${this.endpoint}/metrics`)).text();
  }

  /** A call that may take minutes. */
  async call<Request, Response>(
    service: Service,
    method: Method<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return succeeded(
      this.#client.unary(service, method, request, { deadlineMs: LONG_DEADLINE_MS }),
    );
  }

  async put(key: string, valueBytes: number): Promise<void> {
    const value = Buffer.alloc(valueBytes, 'v');
    await this.call(KVDefinition, put, PutRequest.fromPartial({ key: Buffer.from(key), value }));
  }

  /** Loads keys nobody had before; gives the index of the first and the seconds it took. */
  async load(keys: number, firstKey = takeIndexes(keys)): Promise<number> {
    const { endpoint } = this;
    const before = await this.counters();
    const load = await runGenerator({
      ...{ kind: 'keys', call: 'put', endpoint, connections: 20, inFlight: 1000 },
      ...{ firstKey, keys, order: 'once', keyBytes: KEY_BYTES, valueBytes: VALUE_BYTES },
    });
    const { revision } = await this.counters();
    if (load.answered === keys && revision - before.revision === keys) return load.seconds;
    throw new DishonestRun(`${this.flavour}: ${load.answered} of ${keys} keys loaded`);
  }

  async countPrefix(prefix: string): Promise<{ count: number; milliseconds: number }> {
    const key = Buffer.from(prefix);
    const end = Buffer.from(prefix);
    end[end.length - 1] = (end.at(-1) ?? 0) + 1;
    const request = RangeRequest.fromPartial({ key, rangeEnd: end, countOnly: true });
    const start = performance.now();
    const { count } = await this.call(KVDefinition, range, request);
    return { count: Number(count), milliseconds: performance.now() - start };
  }

  /** Stops and starts the server over its data; resolves with the seconds until it answers a read. */
  async restart(): Promise<number> {
    this.#client.close();
    await this.#node.stop();
    const start = performance.now();
    this.#node = await this.#node.restart();
    this.#client = new RpcClient(this.endpoint);
    await this.counters();
    return (performance.now() - start) / 1000;
  }

  async diskBytes(): Promise<number> {
    const { stdout } = await runCommand('du', ['-sB1', this.#node.setup.dataDir]);
    return Number(stdout.split('\t')[0]);
  }

  async dispose(): Promise<void> {
    this.#client.close();
    await this.#node.dispose();
    this.#files.remove();
  }
}
