import type { ServerResponse } from 'node:http';
import type { V2Event, V2Failure, V2Watcher } from '@etcd-ts/v2-store';
import type { V2Server } from '@etcd-ts/server';
import { eventJson } from './event-json.js';
import { JSON_TYPE } from './reply.js';

/**
 * Requests that wait at once, on one member: each holds a socket and some 20 kB. etcd has no limit
 * but its files.
 */
export const MAX_LONG_POLLS = 20_000;
/** A peer that went away without a word is found out after a few of these. */
const KEEP_ALIVE_MS = 30_000;

export interface Poll {
  readonly path: string;
  readonly recursive: boolean;
  readonly stream: boolean;
  readonly sinceIndex: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The requests that wait for a change. */
export class LongPolls {
  readonly #server: V2Server;
  /** An event for a thousand watchers is written once; one whose text depends on now is not kept. */
  readonly #texts = new WeakMap<V2Event, string>();
  readonly #open = new Set<ServerResponse>();

  /** When `stopping` aborts, all end: a node that stops need not wait for what may never come. */
  constructor(server: V2Server, stopping: AbortSignal) {
    this.#server = server;
    stopping.addEventListener('abort', () => {
      for (const response of this.#open) response.end();
    });
  }

  /** Undefined: the response is taken care of. */
  start(poll: Poll, response: ServerResponse): V2Failure | 'tooMany' | undefined {
    if (this.#open.size >= MAX_LONG_POLLS) return 'tooMany';
    const { path, recursive, stream, sinceIndex } = poll;
    const wake = (): void => {
      if (!('kind' in watcher)) this.#write(watcher, response, stream);
    };
    const options = { path, recursive, stream, sinceIndex, wake };
    const watcher: V2Watcher | V2Failure = this.#server.watch(options);
    if ('kind' in watcher) return watcher;
    this.#serve(poll, watcher, response);
    return undefined;
  }

  #serve(poll: Poll, watcher: V2Watcher, response: ServerResponse): void {
    this.#open.add(response);
    response.once('close', () => {
      this.#open.delete(response);
      watcher.cancel();
    });
    response.on('drain', () => this.#write(watcher, response, poll.stream));
    response.socket?.setKeepAlive(true, KEEP_ALIVE_MS);
    response.writeHead(200, {
      ...poll.headers,
      ...JSON_TYPE,
      'X-Etcd-Index': String(watcher.startIndex),
      'X-Raft-Index': String(this.#server.raftIndex()),
      'X-Raft-Term': String(this.#server.raftTerm()),
    });
    response.flushHeaders();
    this.#write(watcher, response, poll.stream);
  }

  /**
   * As much as the socket takes. What it does not take stays with the watcher, which gives up when
   * that is too much; the response then ends, which is how etcd tells a slow client.
   */
  #write(watcher: V2Watcher, response: ServerResponse, stream: boolean): void {
    if (response.writableEnded || response.destroyed) return;
    while (!response.writableNeedDrain) {
      const event = watcher.take();
      if (event === undefined) break;
      response.write(this.#text(event));
      if (!stream) break;
    }
    if (watcher.ended) response.end();
  }

  #text(event: V2Event): string {
    const known = this.#texts.get(event);
    if (known !== undefined) return known;
    const text = eventJson(event, this.#server.nowNs());
    if (event.atNs !== undefined) this.#texts.set(event, text);
    return text;
  }
}
