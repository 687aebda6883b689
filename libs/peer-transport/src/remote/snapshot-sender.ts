import type { ClientRequest } from 'node:http';
import { hexId } from '@etcd-ts/foundation';
import type { InstallSnapshot } from '@etcd-ts/raft';
import { toPeerMessage } from '../codec/message-mapping.js';
import { encodeMessageFrame } from '../codec/message-frames.js';
import { SNAPSHOT_ANSWER_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../limits.js';
import type { SilenceTimer } from '../silence-timer.js';
import type { SnapshotContent } from '../transport-options.js';
import { postFailure } from './post-answer.js';
import type { RemoteEndpoint } from './remote-endpoint.js';

/** Sends one snapshot after the other to one peer, each on a connection of its own. */
export class SnapshotSender {
  readonly #endpoint: RemoteEndpoint;
  #sending = false;

  constructor(endpoint: RemoteEndpoint) {
    this.#endpoint = endpoint;
  }

  /** False while another one is under way, whose end is reported and lets raft decide anew. */
  send(message: InstallSnapshot): boolean {
    if (this.#sending) return false;
    this.#sending = true;
    void this.#run(message);
    return true;
  }

  async #run(message: InstallSnapshot): Promise<void> {
    const { id, options } = this.#endpoint;
    const startMs = options.clock.monotonicMs();
    options.observer.snapshotSending(id);
    const failure = await this.#transfer(message);
    this.#sending = false;
    const seconds = (options.clock.monotonicMs() - startMs) / 1000;
    options.observer.snapshotSent(id, failure === undefined, seconds);
    if (this.#endpoint.stopped) return;
    this.#report(message, failure);
  }

  #report(message: InstallSnapshot, failure: string | undefined): void {
    const { id, status, options } = this.#endpoint;
    const fields = {
      'snapshot-index': message.snapshot.metadata.index,
      'remote-peer-id': hexId(id),
    };
    if (failure === undefined) {
      status.activate();
      options.logger.info('sent database snapshot', fields);
      options.raft.reportSnapshot(id, 'finish');
      return;
    }
    status.deactivate({ source: 'sendMsgSnap', action: 'post' }, failure);
    options.logger.warn('failed to send database snapshot', { ...fields, error: failure });
    options.observer.sendFailed(id);
    // In this order: a report of a failed snapshot alone lets raft probe at once, and fail again.
    options.raft.reportUnreachable(id);
    options.raft.reportSnapshot(id, 'failure');
  }

  /** Why it failed. */
  async #transfer(message: InstallSnapshot): Promise<string | undefined> {
    try {
      const content = await this.#endpoint.options.snapshotSource.open(message);
      try {
        return await this.#post(content);
      } finally {
        content.close();
      }
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #post(content: SnapshotContent): Promise<string | undefined> {
    const { id, options } = this.#endpoint;
    const frame = encodeMessageFrame(toPeerMessage(content.message));
    const bytes = frame.length + content.sizeBytes;
    const open = this.#endpoint.open({
      method: 'POST',
      path: '/raft/snapshot',
      headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes },
      silenceMs: WRITE_TIMEOUT_MS,
      connection: 'own',
    });
    if (open === undefined) return 'no peer URL';
    const { request, url, watchdog, response } = open;
    options.logger.info('sending database snapshot', {
      'snapshot-index': content.message.snapshot.metadata.index,
      'remote-peer-id': hexId(id),
      bytes,
    });
    const sending = sendBody(request, frame, content, watchdog);
    try {
      // A peer that refuses answers before it has everything: then the rest is not sent.
      const answer = await Promise.race([response, sending.then(() => response)]);
      const failure = await postFailure(this.#endpoint, answer);
      if (failure === undefined) options.observer.sent(id, bytes);
      return failure;
    } catch (error) {
      this.#endpoint.unreachable(url);
      throw error;
    } finally {
      request.destroy();
      // The content may not be closed while a chunk is still being read from it.
      await Promise.allSettled([sending]);
    }
  }
}

/** As fast as the peer takes it and no faster: one chunk is in memory beside the socket's buffer. */
async function sendBody(
  request: ClientRequest,
  frame: Buffer,
  { chunks, sizeBytes }: SnapshotContent,
  watchdog: SilenceTimer,
): Promise<void> {
  let sent = 0;
  request.write(frame);
  for await (const chunk of chunks) {
    // What write() has said may be over: there was room again while the chunk was made, and nobody
    // would say so a second time.
    if (request.writableNeedDrain) await roomOrEnd(request);
    if (request.destroyed) return;
    watchdog.touch();
    sent += chunk.length;
    // The receiver knows the size from the head of the request only: content that does not keep to
    // it must not look like a whole snapshot.
    if (sent > sizeBytes) break;
    request.write(chunk);
  }
  if (sent !== sizeBytes) {
    request.destroy(new Error(`snapshot of ${sizeBytes} bytes brought ${sent}`));
    return;
  }
  request.end();
  watchdog.restart(SNAPSHOT_ANSWER_TIMEOUT_MS);
}

function roomOrEnd(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      request.off('drain', done).off('close', done);
      resolve();
    };
    request.on('drain', done).on('close', done);
    // The end may have come before anybody listened for it.
    if (request.destroyed) done();
  });
}
