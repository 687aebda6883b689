import { hexId } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import type { Message } from '@etcd-ts/raft';
import type { TransportOptions } from '../transport-options.js';
import { dropMessage } from './peer.js';
import { Pipeline } from './pipeline.js';
import { RemoteEndpoint } from './remote-endpoint.js';

/**
 * A member this one has not heard of yet, because its own log is behind. What it is sent must be
 * answered, or it could never learn of the member: so it is known by the address it gave.
 */
export class Remote {
  readonly #endpoint: RemoteEndpoint;
  readonly #pipeline: Pipeline;

  constructor(id: MemberId, urls: readonly string[], options: TransportOptions) {
    this.#endpoint = new RemoteEndpoint(id, urls, options);
    this.#pipeline = new Pipeline(this.#endpoint);
    options.logger.info('started remote peer', { 'remote-peer-id': hexId(id) });
  }

  queue(message: Message): void {
    const { options, id } = this.#endpoint;
    // Only members are brought up to date by snapshot, and those are peers.
    if (message.type === 'installSnapshot') options.raft.reportSnapshot(id, 'failure');
    else if (!this.#pipeline.offer(message)) dropMessage(message, this.#endpoint);
  }

  stop(): void {
    this.#pipeline.stop();
    this.#endpoint.stop();
  }
}
