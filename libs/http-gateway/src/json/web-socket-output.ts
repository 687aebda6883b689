import type { EtcdError } from '@etcd-ts/wire-protocol';
import type { WebSocket } from 'ws';
import type { JsonOutput } from './json-calls.js';
import { statusJson } from './status.js';

/** Unsent bytes of one client, beyond which it makes its call wait: as of a response of Node's. */
const HIGH_WATER_BYTES = 64 * 1024;
/** Of RFC 6455, section 7.4.1. */
const NORMAL_CLOSURE = 1000;
const INTERNAL_ERROR = 1011;

/** A WebSocket: every answer a message of its own, and the last one before the socket is closed. */
export class WebSocketOutput implements JsonOutput {
  readonly #socket: WebSocket;
  /** Aborts when the socket is closed. */
  readonly #gone: AbortSignal;
  #wake: () => void = () => undefined;

  constructor(socket: WebSocket, gone: AbortSignal) {
    this.#socket = socket;
    this.#gone = gone;
  }

  answer(json: string): void {
    this.#send(json);
    this.#socket.close(NORMAL_CLOSURE);
  }

  refuse(error: EtcdError): void {
    this.#send(JSON.stringify(statusJson(error)));
    this.#socket.close(INTERNAL_ERROR);
  }

  write(json: string): boolean {
    this.#send(json);
    return this.#socket.bufferedAmount < HIGH_WATER_BYTES;
  }

  drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#gone.aborted) return reject(this.#gone.reason as Error);
      if (this.#socket.bufferedAmount < HIGH_WATER_BYTES) return resolve();
      const gone = (): void => reject(this.#gone.reason as Error);
      this.#gone.addEventListener('abort', gone, { once: true });
      this.#wake = () => {
        this.#gone.removeEventListener('abort', gone);
        resolve();
      };
    });
  }

  end(failure?: { readonly json: string }): void {
    if (failure !== undefined) this.#send(failure.json);
    this.#socket.close(failure === undefined ? NORMAL_CLOSURE : INTERNAL_ERROR);
  }

  #send(json: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(json, () => {
      // Of a socket that is going nothing is unsent any more either: that ends the wait otherwise.
      const isOpen = this.#socket.readyState === this.#socket.OPEN;
      if (isOpen && this.#socket.bufferedAmount < HIGH_WATER_BYTES) this.#wake();
    });
  }
}
