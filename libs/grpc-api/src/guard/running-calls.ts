import type { CallContext } from '@etcd-ts/rpc';

/**
 * The calls that last until their client ends them, so that a stopping node can end them before.
 * One listener on the node's signal however many calls there are: to remove one of 10,000 listeners
 * from a signal is a walk along all of them.
 */
export class RunningCalls {
  readonly #stopping: AbortSignal;
  readonly #controllers = new Set<AbortController>();

  constructor(stopping: AbortSignal) {
    this.#stopping = stopping;
    stopping.addEventListener(
      'abort',
      () => {
        for (const controller of this.#controllers) controller.abort(stopping.reason);
      },
      { once: true },
    );
  }

  /**
   * Runs a handler whose call aborts with the client's, or with the node; with a `concern`, also by
   * what that hands the controller to.
   */
  async run<T>(
    call: CallContext,
    handle: (call: CallContext) => Promise<T>,
    concern?: (controller: AbortController) => () => void,
  ): Promise<T> {
    const { metadata, deadlineMs, peer, peerCertificateCommonName, method, signal } = call;
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal.reason);
    if (this.#stopping.aborted) controller.abort(this.#stopping.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    this.#controllers.add(controller);
    const forget = concern?.(controller);
    try {
      return await handle({
        metadata,
        deadlineMs,
        peer,
        peerCertificateCommonName,
        method,
        signal: controller.signal,
      });
    } finally {
      this.#controllers.delete(controller);
      forget?.();
      signal.removeEventListener('abort', abort);
    }
  }
}
