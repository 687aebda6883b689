import type { ServerResponse } from 'node:http';
import { hexId } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import type { Message } from '@etcd-ts/raft';
import type { StreamKind } from '../codec/frame-codec.js';
import { messageTypeName } from '../codec/message-mapping.js';
import type { TransportOptions } from '../transport-options.js';
import { Pipeline } from './pipeline.js';
import { Prober } from './prober.js';
import { RemoteEndpoint } from './remote-endpoint.js';
import { SnapshotSender } from './snapshot-sender.js';
import { StreamReader } from './stream-reader.js';
import { StreamWriter } from './stream-writer.js';

/** A message found no room on its way and is lost: raft is told, and the operator. */
export function dropMessage(message: Message, { id, status, options }: RemoteEndpoint): void {
  const active = status.activeSinceMs !== undefined;
  options.raft.reportUnreachable(id);
  options.observer.sendFailed(id);
  const level = active ? 'warn' : 'debug';
  options.logger[level]('dropped internal Raft message since sending buffer is full', {
    'message-type': messageTypeName(message.type),
    'local-member-id': hexId(options.local.id),
    from: hexId(message.from),
    'remote-peer-id': hexId(id),
    'remote-peer-active': active,
  });
}

/** Another member: two streams each way, the pipeline, snapshots and a look at its clock. */
export class Peer {
  readonly #endpoint: RemoteEndpoint;
  readonly #writers: Readonly<Record<StreamKind, StreamWriter>>;
  readonly #readers: readonly StreamReader[];
  readonly #pipeline: Pipeline;
  readonly #snapshots: SnapshotSender;
  readonly #prober: Prober;

  constructor(id: MemberId, urls: readonly string[], options: TransportOptions) {
    options.logger.info('starting remote peer', { 'remote-peer-id': hexId(id) });
    const endpoint = new RemoteEndpoint(id, urls, options);
    this.#endpoint = endpoint;
    this.#writers = {
      msgapp: new StreamWriter('msgapp', endpoint),
      message: new StreamWriter('message', endpoint),
    };
    this.#pipeline = new Pipeline(endpoint);
    this.#snapshots = new SnapshotSender(endpoint);
    this.#prober = new Prober(endpoint);
    this.#readers = [new StreamReader('msgapp', endpoint), new StreamReader('message', endpoint)];
    options.logger.info('started remote peer', { 'remote-peer-id': hexId(id) });
  }

  get activeSinceMs(): number | undefined {
    return this.#endpoint.status.activeSinceMs;
  }

  updateUrls(urls: readonly string[]): void {
    this.#endpoint.updateUrls(urls);
  }

  /** Streams gather what is queued until flush(). */
  queue(message: Message): void {
    if (message.type === 'installSnapshot') {
      this.#snapshots.send(message);
      return;
    }
    if (!this.#channelFor(message).offer(message)) dropMessage(message, this.#endpoint);
  }

  #channelFor(message: Message): StreamWriter | Pipeline {
    const { msgapp, message: others } = this.#writers;
    if (message.type === 'appendEntries' && msgapp.attached) return msgapp;
    return others.attached ? others : this.#pipeline;
  }

  flush(): void {
    this.#writers.msgapp.flush();
    this.#writers.message.flush();
  }

  /** The peer has dialled to be sent this kind of stream. */
  attach(kind: StreamKind, response: ServerResponse): void {
    this.#writers[kind].attach(response);
  }

  stop(): void {
    const { options, id } = this.#endpoint;
    options.logger.info('stopping remote peer', { 'remote-peer-id': hexId(id) });
    for (const reader of this.#readers) reader.stop();
    this.#writers.msgapp.stop();
    this.#writers.message.stop();
    this.#pipeline.stop();
    this.#prober.stop();
    this.#endpoint.stop();
    options.logger.info('stopped remote peer', { 'remote-peer-id': hexId(id) });
  }
}
