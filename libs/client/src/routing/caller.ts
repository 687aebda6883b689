import type { BidiCall, CallOptions, ResponseReader, RpcMethod } from '@etcd-ts/rpc';
import type { GrpcCode } from '@etcd-ts/wire-protocol';
import { AuthDefinition, ERRORS, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import { Call } from '../transport/call.js';
import { ConnectionError } from '../transport/call-failure.js';
import type { Connection } from '../transport/connection.js';
import { frameMessage } from '../transport/message-frames.js';
import { MessageQueue } from '../transport/message-queue.js';
import type { Balancer, Route } from './balancer.js';
import {
  judge,
  MAX_ATTEMPTS,
  MAX_LOGINS_PER_CALL,
  needsLogin,
  retryDelayMs,
} from './retry-policy.js';
import { sleep } from './sleep.js';
import { StreamCall } from './stream-call.js';
import type { Credentials } from './token-source.js';
import { TokenSource } from './token-source.js';

export interface FailedAttempt {
  readonly method: RpcMethod;
  /** Of the member that was asked, or of the first when none could be reached. */
  readonly endpoint: string;
  /** From 0. */
  readonly attempt: number;
  readonly error: EtcdError;
}

export interface CallerOptions {
  readonly credentials: Credentials | undefined;
  /** Of a unary call that says no other. */
  readonly timeoutMs: number | undefined;
  /** How long a call waits for a member that can be reached; undefined: as long as it takes. */
  readonly reachTimeoutMs: number | undefined;
  /** For the login, which comes before a call's own time. */
  readonly loginTimeoutMs: number;
  readonly maxReceiveBytes: number;
  /** A request's size beyond which it is not sent at all; undefined: the server judges. */
  readonly maxSendBytes: number | undefined;
  readonly onFailedAttempt: ((failed: FailedAttempt) => void) | undefined;
}

const AUTHENTICATE: RpcMethod = {
  service: AuthDefinition.fullName,
  method: 'Authenticate',
  type: 'unary',
  path: `/${AuthDefinition.fullName}/Authenticate`,
};

interface CallContext extends CallOptions {
  readonly token: string | undefined;
  readonly deadlineMs: number | undefined;
}

interface Attempt {
  readonly attempt: number;
  readonly token: string | undefined;
  readonly deadlineMs: number | undefined;
  readonly reachByMs: number | undefined;
}

/** Bytes in, bytes out: one call at whichever member can serve it. */
export class Caller {
  readonly #balancer: Balancer;
  readonly #options: CallerOptions;
  readonly #tokens: TokenSource;

  constructor(balancer: Balancer, options: CallerOptions) {
    this.#balancer = balancer;
    this.#options = options;
    this.#tokens = new TokenSource(options.credentials, (user, password) =>
      this.#logIn(user, password),
    );
  }

  /** Retried by etcd's rules. Rejects with an EtcdError, or with the signal's reason. */
  unary(method: RpcMethod, request: Uint8Array, options: CallOptions): Promise<Buffer> {
    const { maxSendBytes } = this.#options;
    if (maxSendBytes !== undefined && request.length > maxSendBytes) {
      const message = `trying to send message larger than max (${request.length} vs. ${maxSendBytes})`;
      return Promise.reject(new EtcdError({ code: GrpcStatus.ResourceExhausted, message }));
    }
    return this.#unary(method, request, options, () => this.#tokens.current());
  }

  async #unary(
    method: RpcMethod,
    request: Uint8Array,
    options: CallOptions,
    tokenNow: () => Promise<string | undefined>,
  ): Promise<Buffer> {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs;
    const deadlineMs = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
    const reachByMs = this.#reachByMs();
    let logins = 0;
    for (let attempt = 0; ; attempt++) {
      const token = await tokenNow();
      const { error, answer } = await this.#attempt(method, request, options, {
        attempt,
        token,
        deadlineMs,
        reachByMs,
      });
      if (answer !== undefined) return answer;
      const verdict = judge(method, error, this.#tokens.canLogIn);
      if (verdict === 'give up' || attempt + 1 >= MAX_ATTEMPTS) throw error;
      if (verdict === 'log in and retry') {
        if (++logins > MAX_LOGINS_PER_CALL) throw error;
        await this.#tokens.refuse(token);
        continue;
      }
      if (reachByMs !== undefined && performance.now() >= reachByMs) throw error;
      const delayMs = retryDelayMs(attempt, this.#balancer.endpoints.length, Math.random);
      await sleep(delayMs, [options.signal]);
    }
  }

  /** Nothing without credentials. */
  async logIn(): Promise<void> {
    await this.#tokens.current();
  }

  serverStream(
    method: RpcMethod,
    request: Uint8Array,
    options: CallOptions,
  ): ResponseReader<Buffer> {
    const stream = new StreamCall(this, method, options);
    void stream.write(request).catch(() => undefined);
    stream.end();
    return stream;
  }

  bidiStream(method: RpcMethod, options: CallOptions): BidiCall<Uint8Array, Buffer> {
    return new StreamCall(this, method, options);
  }

  /** For streams, which are begun once: whoever reads them knows how to go on. */
  async open(
    method: RpcMethod,
    options: CallOptions & { readonly signal: AbortSignal },
    queue: MessageQueue<Buffer>,
  ): Promise<Call> {
    const { timeoutMs, signal } = options;
    const deadlineMs = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
    const token = await this.#tokens.current();
    const reachByMs = this.#reachByMs();
    const { route, connection } = await this.#balancer.pick({ deadlineMs, reachByMs, signal });
    const call = this.#start(
      route,
      connection,
      method,
      { ...options, token, deadlineMs },
      {
        message: (bytes) => queue.push(bytes),
        ended: (error) => {
          if (isAway(error)) this.#balancer.avoid(route);
          if (error instanceof EtcdError && needsLogin(error)) void this.#tokens.refuse(token);
          queue.end(error);
        },
      },
    );
    queue.attach(call.stream);
    return call;
  }

  async #attempt(
    method: RpcMethod,
    request: Uint8Array,
    options: CallOptions,
    { attempt, token, deadlineMs, reachByMs }: Attempt,
  ): Promise<{ error?: unknown; answer?: Buffer }> {
    const { signal } = options;
    let route: Route | undefined;
    try {
      const picked = await this.#balancer.pick({ deadlineMs, reachByMs, signal });
      route = picked.route;
      const context = { ...options, token, deadlineMs };
      return { answer: await this.#ask(picked.route, picked.connection, method, request, context) };
    } catch (error) {
      if (route !== undefined && isAway(error)) this.#balancer.avoid(route);
      if (error instanceof EtcdError) {
        const endpoint = route?.endpoint ?? this.#balancer.endpoints[0];
        const failed = { method, endpoint: endpoint?.text ?? '', attempt, error };
        this.#options.onFailedAttempt?.(failed);
      }
      return { error };
    }
  }

  #reachByMs(): number | undefined {
    const { reachTimeoutMs } = this.#options;
    return reachTimeoutMs === undefined ? undefined : performance.now() + reachTimeoutMs;
  }

  #ask(
    route: Route,
    connection: Connection,
    method: RpcMethod,
    request: Uint8Array,
    context: CallContext,
  ): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let answer: Buffer | undefined;
      const call = this.#start(route, connection, method, context, {
        message: (bytes) => {
          answer = bytes;
        },
        ended: (error) => {
          if (error !== undefined) reject(error as Error);
          else if (answer !== undefined) resolve(answer);
          else reject(noAnswer());
        },
      });
      call.stream.end(frameMessage(request));
    });
  }

  #start(
    route: Route,
    connection: Connection,
    method: RpcMethod,
    { token, deadlineMs, metadata, signal }: CallContext,
    events: { message(bytes: Buffer): void; ended(error: unknown): void },
  ): Call {
    connection.callStarted();
    const head = {
      path: method.path,
      authority: route.endpoint.isUnix ? 'localhost' : route.endpoint.address,
      metadata: { ...textMetadata(metadata), ...(token !== undefined && { token }) },
      deadlineMs,
      signal,
      maxReceiveBytes: this.#options.maxReceiveBytes,
    };
    const ended = (error: unknown): void => {
      connection.callEnded();
      events.ended(error);
    };
    return new Call(connection.session, head, { message: events.message, ended });
  }

  /** A login has its own time: the first call is not to fail because hashing a password took long. */
  async #logIn(name: string, password: string): Promise<string | undefined> {
    const { requestType, responseType } = AuthDefinition.methods.authenticate;
    const request = requestType.encode({ name, password }).finish();
    const options = { timeoutMs: this.#options.loginTimeoutMs };
    try {
      const answer = await this.#unary(AUTHENTICATE, request, options, async () => undefined);
      return responseType.decode(answer).token;
    } catch (error) {
      // A client may be told to log in before somebody turns authentication on.
      if (error instanceof EtcdError && error.is(ERRORS.AuthNotEnabled)) return undefined;
      throw error;
    }
  }
}

/** The member, or the way to it, rather than the request. */
function isAway(error: unknown): boolean {
  return error instanceof ConnectionError || isOneOf(error, [ERRORS.NoLeader, ERRORS.Stopped]);
}

function isOneOf(
  error: unknown,
  descriptors: readonly { code: GrpcCode; message: string }[],
): boolean {
  return error instanceof EtcdError && descriptors.some((descriptor) => error.is(descriptor));
}

function noAnswer(): EtcdError {
  const message = 'the server ended the call with OK but without an answer';
  return new EtcdError({ code: GrpcStatus.Internal, message });
}

function textMetadata(metadata: CallOptions['metadata']): Record<string, string> {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : Buffer.from(value).toString('base64'),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}
