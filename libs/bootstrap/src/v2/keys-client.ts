import type { HttpExchange } from './http-exchange.js';
import type { KeysAnswer } from './keys-answer.js';
import { readKeysAnswer } from './keys-answer.js';

/** etcd's client gives every request this long, except for long polls. */
const REQUEST_TIMEOUT_MS = 5_000;

/** One directory of a v2 keys API: what discovery needs of it. */
export class KeysClient {
  readonly #exchange: Pick<HttpExchange, 'request'>;
  readonly #base: string;

  /** `directory`: the discovery URL, whose path is the directory. */
  constructor(exchange: Pick<HttpExchange, 'request'>, directory: URL) {
    this.#exchange = exchange;
    this.#base = directory.href.replace(/[?#].*$/u, '').replace(/\/+$/u, '');
  }

  size(signal: AbortSignal): Promise<KeysAnswer> {
    return this.#get('/_config/size', signal);
  }

  list(signal: AbortSignal): Promise<KeysAnswer> {
    return this.#get('', signal);
  }

  member(id: string, signal: AbortSignal): Promise<KeysAnswer> {
    return this.#get(`/${id}`, signal);
  }

  async create(id: string, value: string, signal: AbortSignal): Promise<KeysAnswer> {
    const result = await this.#exchange.request({
      method: 'PUT',
      url: `${this.#base}/${id}?prevExist=false`,
      form: new URLSearchParams({ value }).toString(),
      timeoutMs: REQUEST_TIMEOUT_MS,
      signal,
    });
    return result.kind === 'answered' ? readKeysAnswer(result.answer) : result;
  }

  /** The first change below the directory with an index of at least `waitIndex`; may take days. */
  waitForAny(waitIndex: number, signal: AbortSignal): Promise<KeysAnswer> {
    return this.#poll(`?recursive=true&wait=true&waitIndex=${waitIndex}`, signal);
  }

  waitForMember(id: string, waitIndex: number, signal: AbortSignal): Promise<KeysAnswer> {
    return this.#poll(`/${id}?wait=true&waitIndex=${waitIndex}`, signal);
  }

  async #get(path: string, signal: AbortSignal): Promise<KeysAnswer> {
    const url = `${this.#base}${path}`;
    const request = { method: 'GET', url, timeoutMs: REQUEST_TIMEOUT_MS, signal } as const;
    const result = await this.#exchange.request(request);
    return result.kind === 'answered' ? readKeysAnswer(result.answer) : result;
  }

  async #poll(path: string, signal: AbortSignal): Promise<KeysAnswer> {
    const request = { method: 'GET', url: `${this.#base}${path}`, signal } as const;
    const result = await this.#exchange.request(request);
    return result.kind === 'answered' ? readKeysAnswer(result.answer) : result;
  }
}
