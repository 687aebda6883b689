import type { MemberId } from '@etcd-ts/foundation';
import { hexId } from '@etcd-ts/foundation';
import type { TransportOptions } from '../transport-options.js';

export interface PeerFailure {
  /** What was used: a stream, the pipeline, ... */
  readonly source: string;
  /** What was done with it: dial, write, ... */
  readonly action: string;
}

/** Whether a peer is there, as far as anything sent or dialled tells. Logs when that changes. */
export class PeerStatus {
  readonly #id: MemberId;
  readonly #options: TransportOptions;
  #activeSinceMs: number | undefined;
  #retired = false;

  constructor(id: MemberId, options: TransportOptions) {
    this.#id = id;
    this.#options = options;
  }

  /** On the monotonic clock; undefined while inactive. */
  get activeSinceMs(): number | undefined {
    return this.#activeSinceMs;
  }

  activate(): void {
    if (this.#activeSinceMs !== undefined || this.#retired) return;
    const { clock, logger, observer } = this.#options;
    this.#activeSinceMs = clock.monotonicMs();
    logger.info('peer became active', { 'peer-id': hexId(this.#id) });
    observer.peerActive(this.#id);
  }

  deactivate({ source, action }: PeerFailure, reason: string): void {
    if (this.#retired) return;
    const { logger, observer } = this.#options;
    const id = hexId(this.#id);
    const error = `failed to ${action} ${id} on ${source} (${reason})`;
    if (this.#activeSinceMs === undefined) {
      logger.debug('peer deactivated again', { 'peer-id': id, error });
      return;
    }
    this.#activeSinceMs = undefined;
    logger.warn('peer became inactive (message send to peer failed)', { 'peer-id': id, error });
    observer.peerInactive(this.#id, true);
  }

  /** The peer was stopped on purpose: what is still under way changes nothing any more. */
  retire(): void {
    if (this.#activeSinceMs !== undefined) this.#options.observer.peerInactive(this.#id, false);
    this.#activeSinceMs = undefined;
    this.#retired = true;
  }
}
