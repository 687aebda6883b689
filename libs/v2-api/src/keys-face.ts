import { cleanPath, created, failed, KEYS_NAMESPACE, V2_CODE } from '@etcd-ts/v2-store';
import type { V2Failure, V2Outcome, V2Request } from '@etcd-ts/v2-store';
import type { V2Server } from '@etcd-ts/server';
import { actionJson, answerJson, eventJson } from './event-json.js';
import { contentType } from './exchange.js';
import type { Answer, Exchange } from './exchange.js';
import { failureReply, refusal, unauthorized } from './failure-reply.js';
import { formKind, parseForm } from './form.js';
import type { FormOutcome } from './form.js';
import { parseKeyQuery } from './key-query.js';
import type { KeyQuery } from './key-query.js';
import type { Gatekeeper } from './gatekeeper.js';
import type { LongPolls } from './long-poll.js';
import { json, methodNotAllowed } from './reply.js';
import type { Reply } from './reply.js';
import { MAX_FORM_BYTES } from './request-body.js';

export const KEYS_PREFIX = '/v2/keys';
const METHODS = ['HEAD', 'GET', 'PUT', 'POST', 'DELETE'];
const WITH_BODY = new Set(['PUT', 'POST']);
const SECOND_NS = 1_000_000_000n;
const TOO_MANY = 'etcdserver: too many requests';

/** /v2/keys: the tree itself. */
export class KeysFace {
  readonly #server: V2Server;
  readonly #gatekeeper: Gatekeeper;
  readonly #polls: LongPolls;

  constructor(server: V2Server, gatekeeper: Gatekeeper, polls: LongPolls) {
    this.#server = server;
    this.#gatekeeper = gatekeeper;
    this.#polls = polls;
  }

  async answer(exchange: Exchange): Promise<Answer> {
    if (!METHODS.includes(exchange.method)) return methodNotAllowed(METHODS);
    const answer = await this.#checked(exchange);
    if (answer === undefined) return undefined;
    const reply = 'kind' in answer ? failureReply(answer) : answer;
    return { ...reply, headers: { ...this.#headers(), ...reply.headers } };
  }

  /** A fault of the request is told before a lack of permission, as in etcd. */
  async #checked(exchange: Exchange): Promise<Answer | V2Failure> {
    const form = await readForm(exchange);
    if (form === 'broken') return undefined;
    if (form === 'busy') return refusal(V2_CODE.raftInternal, TOO_MANY);
    if (form.kind === 'malformed') return refusal(V2_CODE.invalidForm, form.message);
    const query = parseKeyQuery(exchange.method, form.form);
    if ('kind' in query) return query;
    const key = exchange.target.path.slice(KEYS_PREFIX.length);
    const writes = WITH_BODY.has(exchange.method) || exchange.method === 'DELETE';
    const access = { key, writes, recursive: query.recursive };
    if (!(await this.#gatekeeper.admitsToKey(exchange.request, access))) return unauthorized();
    const path = cleanPath(`${KEYS_NAMESPACE}/${key}`);
    return writes ? this.#change(exchange, path, query) : this.#read(exchange, path, query);
  }

  async #read(exchange: Exchange, path: string, query: KeyQuery): Promise<Answer | V2Failure> {
    const isGet = exchange.method === 'GET';
    if (query.wait && !query.quorum) return this.#wait(exchange, path, query);
    if (query.quorum && isGet) {
      const error = await this.#server.linearize().then(() => undefined, failureOf);
      if (error !== undefined) return error;
    }
    const answer = this.#server.get(path, query);
    if (answer.kind === 'failed') return answer;
    return this.#success(200, answer.index, answerJson(answer.node, this.#server.nowNs()));
  }

  #wait(exchange: Exchange, path: string, query: KeyQuery): Answer | V2Failure {
    const { recursive, stream, waitIndex } = query;
    const poll = {
      path,
      recursive,
      stream,
      sinceIndex: Number(waitIndex),
      headers: this.#headers(),
    };
    const refused = this.#polls.start(poll, exchange.response);
    return refused === 'tooMany' ? refusal(V2_CODE.raftInternal, TOO_MANY) : refused;
  }

  async #change(exchange: Exchange, path: string, query: KeyQuery): Promise<Answer | V2Failure> {
    const request = changeRequest(exchange.method, path, query, this.#server.nowNs());
    const outcome: V2Outcome = await this.#server.propose(request).catch(failureOf);
    if (outcome.kind === 'failed') return outcome;
    if (outcome.kind !== 'event')
      return refusal(V2_CODE.raftInternal, 'etcdserver: unknown method');
    const { event, index } = outcome;
    const brief = query.noValueOnSuccess && exchange.method !== 'DELETE';
    const body = brief ? actionJson(event.action) : eventJson(event, this.#server.nowNs());
    return this.#success(created(event) ? 201 : 200, index, body);
  }

  #success(status: number, index: number, body: string): Reply {
    return json(status, body, {
      'X-Etcd-Index': String(index),
      'X-Raft-Index': String(this.#server.raftIndex()),
      'X-Raft-Term': String(this.#server.raftTerm()),
    });
  }

  #headers(): Reply['headers'] {
    return { 'X-Etcd-Cluster-Id': this.#server.clusterId() };
  }
}

/** What goes through the log. Times are the proposer's: applying it looks at no clock. */
function changeRequest(method: string, path: string, query: KeyQuery, nowNs: bigint): V2Request {
  const { value, dir, prevValue, prevIndex, prevExist, ttlSeconds, recursive, refresh } = query;
  return {
    method,
    path,
    value,
    dir,
    prevValue,
    prevIndex,
    prevExist,
    // In 64 bits, as etcd's sum is: a TTL of centuries comes out in the past, and means what it
    // means there.
    expirationNs: ttlSeconds === undefined ? 0n : BigInt.asIntN(64, nowNs + ttlSeconds * SECOND_NS),
    recursive,
    sorted: false,
    refresh,
    timeNs: nowNs,
  };
}

/** The client cannot know whether the change happened. */
function failureOf(error: unknown): V2Failure {
  return failed(V2_CODE.raftInternal, error instanceof Error ? error.message : String(error), 0);
}

async function readForm(exchange: Exchange): Promise<FormOutcome | 'busy' | 'broken'> {
  const { method, request, target, bodies } = exchange;
  if (!WITH_BODY.has(method)) {
    request.resume();
    return parseForm(undefined, target.query);
  }
  const kind = formKind(contentType(request));
  if (kind.kind !== 'form') {
    request.resume();
    return kind.kind === 'malformed' ? kind : parseForm(undefined, target.query);
  }
  const body = await bodies.read(request, MAX_FORM_BYTES);
  switch (body.kind) {
    case 'body':
      return parseForm(body.bytes.toString('latin1'), target.query);
    case 'tooLarge':
      return { kind: 'malformed', message: 'http: POST too large' };
    default:
      return body.kind;
  }
}
