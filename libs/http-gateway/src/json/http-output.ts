import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EtcdError } from '@etcd-ts/wire-protocol';
import type { JsonOutput } from './json-calls.js';
import { httpStatusOf, statusJson } from './status.js';

const HEADERS = {
  'Content-Type': 'application/json',
  'Grpc-Metadata-Content-Type': 'application/grpc',
};

/** A response: one body, or a line for each message of a stream. */
export class HttpOutput implements JsonOutput {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  /** Aborts when nobody waits for the response any more. */
  readonly #gone: AbortSignal;

  constructor(request: IncomingMessage, response: ServerResponse, gone: AbortSignal) {
    this.#request = request;
    this.#response = response;
    this.#gone = gone;
  }

  answer(json: string): void {
    if (this.#response.destroyed) return;
    this.#response.writeHead(200, { ...HEADERS, 'Content-Length': Buffer.byteLength(json) });
    this.#response.end(json);
  }

  refuse(error: EtcdError): void {
    refuse(this.#request, this.#response, error);
  }

  write(json: string): boolean {
    if (this.#response.destroyed) return false;
    this.#begin(200);
    return this.#response.write(`${json}\n`);
  }

  drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#gone.aborted) return reject(this.#gone.reason as Error);
      if (!this.#response.writableNeedDrain) return resolve();
      const gone = (): void => reject(this.#gone.reason as Error);
      this.#gone.addEventListener('abort', gone, { once: true });
      this.#response.once('drain', () => {
        this.#gone.removeEventListener('abort', gone);
        resolve();
      });
    });
  }

  end(failure?: { readonly error: EtcdError; readonly json: string }): void {
    if (failure === undefined) {
      this.#begin(200);
      this.#response.end();
      return;
    }
    this.#request.resume();
    if (this.#response.destroyed) return;
    // The status tells of the error too, if nothing came before.
    this.#begin(httpStatusOf(failure.error));
    this.#response.end(`${failure.json}\n`);
  }

  #begin(status: number): void {
    if (!this.#response.headersSent) this.#response.writeHead(status, HEADERS);
  }
}

export function refuse(request: IncomingMessage, response: ServerResponse, error: EtcdError): void {
  // What still comes is taken off the connection so that the next request can.
  request.resume();
  if (response.destroyed) return;
  const body = JSON.stringify(statusJson(error));
  response.writeHead(httpStatusOf(error), {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
