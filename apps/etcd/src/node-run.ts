import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerConfig } from '@etcd-ts/config';
import { errorText } from '@etcd-ts/daemon';
import type { Logger, Scheduler } from '@etcd-ts/foundation';
import { MemberRemovedError } from '@etcd-ts/server';
import { TlsFileError } from '@etcd-ts/tls';

/** A node as this app sees it. */
export interface RunningNode {
  /** Resolves when requests can be served; rejects if the node stops before. */
  readonly ready: Promise<void>;
  /** Resolves when the node has stopped: with the reason, or undefined after `stop`. */
  readonly stopped: Promise<Error | undefined>;
  stop(): Promise<void>;
}

export interface NodeRunParts {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly scheduler: Scheduler;
  /** Rejects soon after the signal, also while it waits for other members. */
  readonly start: (signal: AbortSignal) => Promise<RunningNode>;
  readonly notifyReady: () => void;
  /** A graceful stop that takes longer is given up: what is acknowledged is on disk already. */
  readonly stopTimeoutMs: number;
}

/** One run of a node in this process, from start to exit code. */
export class NodeRun {
  readonly #parts: NodeRunParts;
  #starting: Promise<RunningNode> | undefined;
  readonly #stopping = new AbortController();

  constructor(parts: NodeRunParts) {
    this.#parts = parts;
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Resolves with the exit code when the node ends by itself; never after `stop`. */
  async run(): Promise<number> {
    const { logger } = this.#parts;
    const isInitialized = this.#logDataDirectory();
    try {
      this.#starting = this.#parts.start(this.#stopping.signal);
      const node = await this.#starting;
      await node.ready;
      if (!this.#isStopping) this.#parts.notifyReady();
      return await this.#outcome(node);
    } catch (error) {
      if (this.#isStopping) return await forever();
      if (error instanceof MemberRemovedError) return this.#removed(error);
      if (error instanceof TlsFileError) return this.#notSecure(error);
      if (!isInitialized) logger.warn('failed to start etcd', { error: errorText(error) });
      return this.#startFailed(errorText(error));
    }
  }

  /** Resolves when the node has stopped or the time for that is over. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const { scheduler, logger, stopTimeoutMs } = this.#parts;
    let cancel = (): void => undefined;
    const timeout = new Promise<void>((resolve) => {
      cancel = scheduler.after(stopTimeoutMs, () => {
        logger.warn('graceful stop took too long', { 'timeout-ms': stopTimeoutMs });
        resolve();
      });
    });
    await Promise.race([this.#stopNode(), timeout]);
    cancel();
  }

  async #stopNode(): Promise<void> {
    // A node that fails to start needs no stopping; `run` has the failure.
    const node = await this.#starting?.catch(() => undefined);
    await node?.stop();
  }

  async #outcome(node: RunningNode): Promise<number> {
    const error = await node.stopped;
    if (this.#isStopping) return await forever();
    if (error === undefined) return 0;
    if (error instanceof MemberRemovedError) return this.#removed(error);
    this.#parts.logger.fatal('server failed', { error: errorText(error) });
    return 1;
  }

  /** What the operator asked for has happened: no failure, or a supervisor would start it again. */
  #removed(error: MemberRemovedError): number {
    const { logger } = this.#parts;
    logger.warn('server error', { error: error.message });
    logger.warn('data-dir used by this member must be removed');
    return 0;
  }

  #logDataDirectory(): boolean {
    const { logger, config } = this.#parts;
    const isInitialized = existsSync(join(config.dataDir, 'member'));
    const message = isInitialized
      ? 'server has already been initialized'
      : 'Initialize and start etcd server';
    const dirType = isInitialized ? 'member' : 'empty';
    logger.info(message, { 'data-dir': config.dataDir, 'dir-type': dirType });
    return isInitialized;
  }

  /** As the original says it, for whom the files of TLS are the listeners' business. */
  #notSecure({ message }: TlsFileError): number {
    this.#parts.logger.fatal('listener failed', { error: message });
    return 1;
  }

  /** The name of the failure is historic: once only a discovery could fail here. */
  #startFailed(error: string): number {
    const { logger, config } = this.#parts;
    if (!error.includes('include') || !error.includes('--initial-cluster')) {
      logger.fatal('discovery failed', { error });
      return 1;
    }
    logger.warn('failed to start', { error });
    const peerUrls = config.initialAdvertisePeerUrls.map((url) => url.text);
    const ownCluster = peerUrls.map((url) => `${config.name}=${url}`).join(',');
    if (config.initialCluster === ownCluster) logger.warn('forgot to set --initial-cluster?');
    if (peerUrls.join(',') === 'http://localhost:2380') {
      logger.warn('forgot to set --initial-advertise-peer-urls?');
    }
    return 1;
  }
}

/** Whoever called `stop` ends the process; the end of the node itself no longer decides how. */
const forever = (): Promise<number> => new Promise(() => undefined);
