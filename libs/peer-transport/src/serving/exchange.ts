import type { IncomingMessage, ServerResponse } from 'node:http';
import { hexId } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import type { StreamKind } from '../codec/frame-codec.js';
import { DRAIN_TIMEOUT_MS } from '../limits.js';
import { refusalOf, senderOf } from '../handshake.js';
import type { Intake } from '../message-intake.js';
import type { TransportOptions } from '../transport-options.js';
import { RequestBody } from './request-body.js';

/** What the handlers see of the transport they belong to. */
export interface PeerRegistry {
  peer(id: MemberId): AttachablePeer | undefined;
  addRemote(id: MemberId, urls: readonly string[]): void;
}

export interface AttachablePeer {
  /** The response, whose head is sent, is the peer's from here on. */
  attach(kind: StreamKind, response: ServerResponse): void;
}

/** One request and its answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly options: TransportOptions;
  #body: RequestBody | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, options: TransportOptions) {
    this.request = request;
    this.response = response;
    this.options = options;
    // A connection that breaks is seen by whoever reads the body or writes the stream; without a
    // listener the error would end the process.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
  }

  /** Host and port, for what came from nobody in particular. */
  get remoteAddress(): string {
    const { remoteAddress, remotePort } = this.request.socket;
    return `${remoteAddress ?? ''}:${remotePort ?? ''}`;
  }

  get body(): RequestBody {
    this.#body ??= new RequestBody(this.request, this.options);
    return this.#body;
  }

  /** As Go's http.Error: plain text that nobody may take for anything else, a line feed after it. */
  fail(status: number, text: string): void {
    this.response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    this.response.setHeader('X-Content-Type-Options', 'nosniff');
    this.#refuse(status, `${text}\n`);
  }

  /** The form in which etcd refuses removed members. */
  #forbid(message: string): void {
    this.response.setHeader('Content-Type', 'application/json');
    this.#refuse(403, JSON.stringify({ message }));
  }

  #refuse(status: number, text: string): void {
    if (this.response.destroyed) return;
    this.response.statusCode = status;
    this.response.setHeader('Content-Length', Buffer.byteLength(text));
    if (!this.request.complete) {
      this.response.setHeader('Connection', 'close');
      void this.#drain();
    }
    this.response.end(text);
  }

  /**
   * A refused snapshot can be gigabytes. Closing the connection at once would reach its sender
   * before the answer does, so the body is read and thrown away, but not for long.
   */
  async #drain(): Promise<void> {
    const cancel = this.options.scheduler.after(DRAIN_TIMEOUT_MS, () => this.request.destroy());
    this.request.once('close', cancel);
    await this.#body?.release();
    this.request.resume();
  }

  /** The request is another method's: whether it was answered so. */
  refusesMethod(allowed: 'GET' | 'POST'): boolean {
    if (this.request.method === allowed) return false;
    this.response.setHeader('Allow', allowed);
    this.fail(405, 'Method Not Allowed');
    return true;
  }

  /** The two must not talk: whether it was answered so. */
  refusesSender(): boolean {
    const { local, logger } = this.options;
    this.response.setHeader('X-Etcd-Cluster-ID', hexId(local.clusterId));
    const refusal = refusalOf(this.request.headers, local, logger);
    if (refusal === undefined) return false;
    this.fail(412, refusal);
    return true;
  }

  /** A sender that nobody has told this member of becomes one that can be answered. */
  rememberSender(registry: PeerRegistry): void {
    const sender = senderOf(this.request.headers);
    if (sender === undefined || this.options.raft.isRemoved(sender.id)) return;
    registry.addRemote(sender.id, sender.urls);
  }

  /** How a posted message was taken. */
  answerIntake(intake: Intake): void {
    switch (intake) {
      case 'taken':
        this.response.writeHead(204).end();
        return;
      case 'unsupported':
        this.fail(400, 'wrong raft message type');
        return;
      case 'removedSender':
        this.#forbid('cannot process message from removed member');
        return;
      case 'wrongMember':
        this.#forbid('cannot process message to mismatch member');
        return;
      case 'full':
      case 'stopped':
        this.fail(500, 'error processing raft message');
    }
  }
}
