import { must } from '@etcd-ts/foundation';
import { joinPieces } from '@etcd-ts/rpc';
import type {
  BoundMethod,
  BoundService,
  ByteSink,
  CallContext,
  MethodObserver,
  ServerObserver,
} from '@etcd-ts/rpc';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import { encodeMessage, formatMessage, invalid, parseMessage } from './json-message.js';
import { JsonValues } from './json-values.js';
import { JSON_ROUTES } from './routes.js';
import type { JsonRoute } from './routes.js';
import { asEtcdError, statusJson } from './status.js';

/** Base64 makes four bytes of three, and there are names and white space besides. */
const JSON_EXPANSION = 2;

/**
 * Messages within messages are read by functions that call themselves, here and wherever the message
 * goes. That of the wire ends at as many, so that what is taken here is taken there too; dozens of
 * transactions within each other are more than anybody needs.
 */
const MAX_NESTING = 100;

export interface JsonCallsParts {
  readonly services: readonly BoundService[];
  /** Of one message on the wire, as for gRPC. */
  readonly maxMessageBytes: number;
  /** Told of calls as if they had come over gRPC, which in the original they do. */
  readonly observer: ServerObserver;
}

/** A method by its path, with all that a call of it needs. */
export interface JsonMethod {
  readonly route: JsonRoute;
  readonly bound: BoundMethod;
  readonly observer: MethodObserver;
}

/** Where the answers of a call go, as the text of JSON. */
export interface JsonOutput {
  /** The one answer of a method that has one. */
  answer(json: string): void;
  /** What makes a call of one answer fail. */
  refuse(error: EtcdError): void;
  /** One message of a stream; false: too much is unsent, and `drained` tells when it is less. */
  write(json: string): boolean;
  drained(): Promise<void>;
  /** The end of a stream; `json`: its last message, of the error that ended it. */
  end(failure?: { readonly error: EtcdError; readonly json: string }): void;
}

/** Calls of the gRPC services whose messages are JSON, whatever carries the text. */
export class JsonCalls {
  readonly #maxMessageBytes: number;
  readonly #methods: ReadonlyMap<string, JsonMethod>;

  constructor({ services, maxMessageBytes, observer }: JsonCallsParts) {
    this.#maxMessageBytes = maxMessageBytes;
    const bounds = new Map(
      services.flatMap(({ methods }) =>
        methods.map((bound) => [bound.path, { bound, observer: observer.method(bound) }]),
      ),
    );
    this.#methods = new Map(
      [...JSON_ROUTES].map(([path, route]) => {
        const served = must(bounds.get(route.method), () => `no handler for ${route.method}`);
        return [path, { route, ...served }];
      }),
    );
  }

  /** By a path such as "/v3/kv/range". */
  find(path: string): JsonMethod | undefined {
    return this.#methods.get(path);
  }

  /** Of text that is not yet a whole message. */
  get maxCharacters(): number {
    return this.#maxMessageBytes * JSON_EXPANSION;
  }

  /** Serves one call; `input` is text in any pieces. Never rejects: what goes wrong is an answer. */
  async run(
    method: JsonMethod,
    input: AsyncIterable<string>,
    call: CallContext,
    output: JsonOutput,
  ): Promise<void> {
    const { bound, route } = method;
    const observed = new ObservedCall(method.observer);
    try {
      const messages = this.#messages(route, input);
      if (bound.type === 'unary') {
        const message = observed.received(await firstOf(messages, route));
        const answer = observed.sent(await bound.handle(message, call));
        output.answer(textOf(route, answer));
      } else if (bound.type === 'bidi_stream') {
        observed.start();
        await bound.handle(observed.each(messages), call, sinkOf(route, output, observed));
        output.end();
      } else {
        const message = observed.received(await firstOf(messages, route));
        await bound.handle(message, call, sinkOf(route, output, observed));
        output.end();
      }
      observed.handled(GrpcStatus.OK);
    } catch (thrown) {
      const error = asEtcdError(thrown);
      observed.handled(error.code);
      if (bound.type === 'unary') output.refuse(error);
      else output.end({ error, json: JSON.stringify({ error: statusJson(error) }) });
    }
  }

  /** Marshalled, as they come. */
  async *#messages(route: JsonRoute, input: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
    const { maxCharacters } = this;
    const values = new JsonValues();
    for await (const text of input) {
      for (const json of values.feed(text)) {
        if (values.deepest > MAX_NESTING) throw invalid('exceeded max recursion depth');
        yield this.#marshalled(route, json);
      }
      if (values.rest.length > maxCharacters) throw tooLarge(values.rest.length, maxCharacters);
    }
    const rest = values.rest.trim();
    if (rest === '' || rest === 'null') return;
    // Not a whole value: the parser says what is wrong.
    yield this.#marshalled(route, rest);
    throw invalid('unexpected EOF');
  }

  #marshalled(route: JsonRoute, json: string): Uint8Array {
    const { requestType } = route;
    const message = encodeMessage(requestType, parseMessage(requestType, json));
    if (message.length > this.#maxMessageBytes) {
      throw tooLarge(message.length, this.#maxMessageBytes);
    }
    return message;
  }
}

/** Of a method that takes one: what follows it is not looked at, and nothing is the empty message. */
async function firstOf(
  messages: AsyncIterable<Uint8Array>,
  { requestType }: JsonRoute,
): Promise<Uint8Array> {
  for await (const message of messages) return message;
  return encodeMessage(requestType, parseMessage(requestType, '{}'));
}

const textOf = ({ responseType }: JsonRoute, bytes: Uint8Array): string =>
  JSON.stringify(formatMessage(responseType, bytes));

const sinkOf = (route: JsonRoute, output: JsonOutput, observed: ObservedCall): ByteSink => ({
  write(bytes, rest, tail) {
    const message = observed.sent(joinPieces(bytes, rest, tail));
    return output.write(`{"result":${textOf(route, message)}}`);
  },
  drained: () => output.drained(),
});

const tooLarge = (bytes: number, max: number): EtcdError =>
  new EtcdError({
    code: GrpcStatus.ResourceExhausted,
    message: `grpc: received message larger than max (${bytes} vs. ${max})`,
  });

/** Begins with the first message that could be read: what could not has never been a call. */
class ObservedCall {
  readonly #observer: MethodObserver;
  #startedMs: number | undefined;

  constructor(observer: MethodObserver) {
    this.#observer = observer;
  }

  start(): void {
    if (this.#startedMs !== undefined) return;
    this.#startedMs = performance.now();
    this.#observer.started();
  }

  received(message: Uint8Array): Uint8Array {
    this.start();
    this.#observer.messageReceived(message.length);
    return message;
  }

  async *each(messages: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const message of messages) yield this.received(message);
  }

  sent(message: Uint8Array): Uint8Array {
    this.#observer.messageSent(message.length);
    return message;
  }

  handled(code: EtcdError['code']): void {
    if (this.#startedMs === undefined) return;
    this.#observer.handled(code, (performance.now() - this.#startedMs) / 1000);
  }
}
