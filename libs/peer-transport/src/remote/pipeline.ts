import { hexId } from '@etcd-ts/foundation';
import type { Message } from '@etcd-ts/raft';
import { encodePeerMessage } from '@etcd-ts/wire-protocol';
import { toPeerMessage } from '../codec/message-mapping.js';
import {
  PIPELINE_POSTS,
  PIPELINE_QUEUE_BYTES,
  PIPELINE_QUEUE_MESSAGES,
  PIPELINE_TIMEOUT_MS,
} from '../limits.js';
import { MessageQueue } from './message-queue.js';
import { postFailure } from './post-answer.js';
import type { RemoteEndpoint } from './remote-endpoint.js';

/** The way that is always there: a POST for each message, a few at a time, in no fixed order. */
export class Pipeline {
  readonly #endpoint: RemoteEndpoint;
  readonly #queue = new MessageQueue(PIPELINE_QUEUE_MESSAGES, PIPELINE_QUEUE_BYTES);
  #posting = 0;

  constructor(endpoint: RemoteEndpoint) {
    this.#endpoint = endpoint;
  }

  /** False if there is no room; the message is not taken then. */
  offer(message: Message): boolean {
    if (!this.#queue.push(message)) return false;
    while (this.#posting < PIPELINE_POSTS && this.#queue.length > 0) {
      this.#posting++;
      void this.#postQueued();
    }
    return true;
  }

  async #postQueued(): Promise<void> {
    for (let message = this.#queue.shift(); message; message = this.#queue.shift()) {
      await this.#deliver(message);
    }
    this.#posting--;
  }

  async #deliver(message: Message): Promise<void> {
    const { id, status, options } = this.#endpoint;
    const body = encodePeerMessage(toPeerMessage(message));
    const failure = await this.#post(body);
    if (this.#endpoint.stopped) return;
    if (failure === undefined) {
      status.activate();
      options.observer.sent(id, body.length);
      return;
    }
    status.deactivate({ source: 'pipeline', action: 'write' }, failure);
    options.observer.sendFailed(id);
    options.raft.reportUnreachable(id);
  }

  /** Why it failed. Never tried twice: a forwarded proposal that arrived would be applied again. */
  async #post(body: Uint8Array): Promise<string | undefined> {
    const open = this.#endpoint.open({
      method: 'POST',
      path: '/raft',
      headers: { 'Content-Type': 'application/protobuf', 'Content-Length': body.length },
      silenceMs: PIPELINE_TIMEOUT_MS,
      connection: 'kept',
    });
    if (open === undefined) return 'no peer URL';
    try {
      open.request.end(body);
      const failure = await postFailure(this.#endpoint, await open.response);
      if (failure !== undefined) this.#endpoint.unreachable(open.url);
      return failure;
    } catch (error) {
      this.#endpoint.unreachable(open.url);
      return error instanceof Error ? error.message : String(error);
    }
  }

  stop(): void {
    const { options, id } = this.#endpoint;
    this.#queue.clear();
    options.logger.info('stopped HTTP pipelining with remote peer', {
      'local-member-id': hexId(options.local.id),
      'remote-peer-id': hexId(id),
    });
  }
}
