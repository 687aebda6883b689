import { assert, SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { anyText, mutateJson, mutateText, ODD_WORDS, pick } from '@etcd-ts/fuzzing';
import { converse, repliesIn } from '@etcd-ts/memory-http';
import type { BoundMethod, BoundService, MethodObserver } from '@etcd-ts/rpc';
import { ERRORS, EtcdError } from '@etcd-ts/wire-protocol';
import { createHttpServer } from '../http-server.js';
import { formatMessage, parseMessage } from '../json/json-message.js';
import { JsonGateway } from '../json/json-gateway.js';
import { JSON_ROUTES } from '../json/routes.js';
import type { JsonRoute } from '../json/routes.js';
import { httpStatusOf } from '../json/status.js';
import { clientListener } from '../listener.js';
import { FakeNode } from '../testing/served-node.js';
import { BODIES } from './json-bodies.js';

const CASES = 40;
/** Each is dear. */
export const shareCases = 600;
const MAX_MESSAGE_BYTES = 64 * 1024;
const STREAMS: Readonly<Record<string, 'bidi_stream' | 'server_stream'>> = {
  Watch: 'bidi_stream',
  LeaseKeepAlive: 'bidi_stream',
  Snapshot: 'server_stream',
  Observe: 'server_stream',
};
const METHODS = ['POST', 'POST', 'POST', 'POST', 'POST', 'POST', 'GET', 'PUT', 'HEAD', 'OPTIONS'];
const PAGES = [
  '/health',
  '/version',
  '/metrics',
  '/readyz?verbose',
  '/livez/x',
  '/debug/vars',
  '/',
];
/** Of other routes than those of the API; 421 is for the name of a strange host. */
const PAGE_STATUSES = new Set([200, 301, 400, 404, 405, 421, 431]);

/** JSON requests through the whole listener to handlers that look at what has become of them. */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  const faults: unknown[] = [];
  const http = serverOf(rng, faults);
  for (let i = 0; i < CASES; i++) {
    const { text, method } = request(rng);
    try {
      const { bytes, ended } = await converse(http, Buffer.from(text, 'latin1'));
      assert(ended, 'no end');
      // A head may be followed by a refusal of the rest, which has a body, having no method.
      const whole = method === 'HEAD' ? bytes.subarray(0, 0) : bytes;
      for (const reply of repliesIn(whole)) {
        assert(reply.whole, 'an answer without its end');
        checkReply(reply.status, reply.body.toString('utf8'), reply.headers);
      }
      if (faults.length > 0) throw faults[0] as Error;
    } catch (error) {
      throw new Error(`request ${i}: ${JSON.stringify(text).slice(0, 900)}`, { cause: error });
    }
  }
  http.closeAllConnections();
  return CASES;
}

function serverOf(rng: Rng, faults: unknown[]): ReturnType<typeof createHttpServer> {
  const observer: MethodObserver = {
    started: () => undefined,
    handled: () => undefined,
    messageReceived: () => undefined,
    messageSent: () => undefined,
  };
  const logger = {
    ...SILENT_LOGGER,
    error: (message: string, fields?: object) =>
      void faults.push(new Error(String([message, fields]))),
    warn: (message: string, fields?: object) =>
      void faults.push(new Error(String([message, fields]))),
  };
  const gateway = new JsonGateway({
    services: servicesOf(rng, faults),
    maxMessageBytes: MAX_MESSAGE_BYTES,
    observer: { method: () => observer },
    logger,
  });
  const health = { health: () => undefined, check: () => undefined };
  const access = { corsOrigins: ['*'], hostWhitelist: ['a'], asksForUsers: () => false };
  const face = { node: new FakeNode(), observer: health, logger };
  return createHttpServer(clientListener(face, access, [gateway]));
}

/** Handlers of all methods, each of which answers at once what has nothing in it. */
function servicesOf(rng: Rng, faults: unknown[]): readonly BoundService[] {
  const routes = new Map([...JSON_ROUTES.values()].map((route) => [route.method, route]));
  const methods = [...routes.values()].map((route): BoundMethod => {
    const [, service = '', method = ''] = route.method.split('/');
    const named = { service, method, path: route.method };
    const { responseType } = route;
    const answer = responseType.encode(responseType.fromJSON({}) as never).finish();
    const take = (bytes: Uint8Array): void => {
      try {
        checkMessage(route, bytes);
      } catch (error) {
        faults.push(error);
      }
      if (rng.below(10) === 0) throw pick(rng, [ERRORS.NoLeader, ERRORS.EmptyKey]).error();
    };
    const type = STREAMS[method];
    if (type === undefined) {
      return { ...named, type: 'unary', handle: (bytes) => (take(bytes), answer) };
    }
    if (type === 'server_stream') {
      const handle = async (bytes: Uint8Array, _call: unknown, out: Out): Promise<void> => {
        take(bytes);
        out.write(answer);
      };
      return { ...named, type, handle };
    }
    const handle = async (incoming: AsyncIterable<Uint8Array>, _call: unknown, out: Out) => {
      for await (const bytes of incoming) {
        take(bytes);
        if (!out.write(answer)) await out.drained();
      }
    };
    return { ...named, type, handle };
  });
  return [{ fullName: 'all', methods }];
}

interface Out {
  write(bytes: Uint8Array): boolean;
  drained(): Promise<void>;
}

/** What reaches a handler is a message, and one that JSON can tell again. */
function checkMessage({ requestType }: JsonRoute, bytes: Uint8Array): void {
  const json = JSON.stringify(formatMessage(requestType, bytes));
  const again = requestType.encode(parseMessage(requestType, json) as never).finish();
  assert(Buffer.from(again).equals(bytes), () => `becomes another message: ${json}`);
}

function request(rng: Rng): { text: string; method: string } {
  const method = pick(rng, METHODS);
  const [path, body] = rng.below(20) === 0 ? [pick(rng, PAGES), ''] : call(rng);
  const bytes = Buffer.from(body).toString('latin1');
  const target = rng.below(8) === 0 ? visible(mutateText(rng, path, ODD_WORDS)) : path;
  const lines = [
    `${method} ${target === '' ? '/' : target} HTTP/1.1`,
    `Host: ${rng.below(40) === 0 ? visible(mutateText(rng, '[::1]:2379')) : 'a:1'}`,
  ];
  const head = ['Authorization', 'Grpc-Metadata-token', 'Content-Type', 'Accept', 'Origin', 'Te'];
  for (let count = rng.below(3); count > 0; count--) {
    lines.push(`${pick(rng, head)}: ${visible(anyText(rng, 'application/json', ODD_WORDS))}`);
  }
  const framed = rng.below(6) === 0 ? chunked(rng, bytes) : bytes;
  if (framed !== bytes) lines.push('Transfer-Encoding: chunked');
  else lines.push(`Content-Length: ${bytes.length + (rng.below(30) === 0 ? 7 : 0)}`);
  const text = `${lines.join('\r\n')}\r\n\r\n${framed}`;
  return { method, text };
}

function call(rng: Rng): readonly [path: string, body: string] {
  const place = pick(rng, Object.keys(BODIES));
  const path = rng.below(6) === 0 ? pick(rng, [...JSON_ROUTES.keys()]) : `/v3/${place}`;
  const valid = pick(rng, BODIES[place] ?? []);
  const value = rng.below(4) === 0 ? valid : mutateJson(rng, valid);
  const json = JSON.stringify(value, undefined, rng.below(4) === 0 ? 2 : 0);
  const text = rng.below(4) === 0 ? anyText(rng, json, ODD_WORDS) : json;
  if (rng.below(300) === 0) return [path, huge(rng)];
  return [path, text.repeat(rng.below(12) === 0 ? 1 + rng.below(4) : 1)];
}

/** More than a message may have, or nested more than anything is. */
function huge(rng: Rng): string {
  const long = 'A'.repeat(MAX_MESSAGE_BYTES * pick(rng, [1, 2, 4]));
  return pick(rng, [
    JSON.stringify({ key: long }),
    long,
    '['.repeat(20_000),
    nestedTxn(pick(rng, [20, 40, 300, 3_000])),
    '{}'.repeat(5_000),
    '9'.repeat(50_000),
  ]);
}

const nestedTxn = (depth: number): string =>
  `{"success":[${'{"request_txn":{"success":['.repeat(depth)}${']}}'.repeat(depth)}]}`;

function chunked(rng: Rng, bytes: string): string {
  const cut = rng.below(bytes.length + 1);
  const chunks = [bytes.slice(0, cut), bytes.slice(cut)].filter((chunk) => chunk !== '');
  return [...chunks, ''].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
}

const visible = (text: string): string => text.replaceAll(/[^!-~]/gu, 'x');

function checkReply(status: number, body: string, headers: ReadonlyMap<string, string>): void {
  const isJson = headers.get('content-type') === 'application/json';
  if (!isJson) return assert(PAGE_STATUSES.has(status), () => `status ${status}: ${body}`);
  for (const line of body.split('\n').filter(Boolean)) {
    const json = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const failed = 'error' in json ? json['error'] : 'code' in json ? json : undefined;
    if (failed === undefined) assert(status === 200, () => `status ${status}: ${line}`);
    else checkError(failed, status, 'error' in json);
  }
}

function checkError(json: unknown, status: number, isInStream: boolean): void {
  const { code, message, details } = json as Readonly<Record<string, unknown>>;
  assert(typeof message === 'string' && Array.isArray(details), 'no error of gRPC');
  // Nobody here fails in a way of its own: what has no code comes from a fault.
  assert(code !== 2 && code !== 13, () => `an error of the gateway's: ${message.slice(0, 200)}`);
  assert(message.length < MAX_MESSAGE_CHARACTERS, 'an error that says it all again');
  const expected = httpStatusOf(new EtcdError({ code: code as 3, message }));
  assert(expected === status || (isInStream && status === 200), () => `${status} for ${code}`);
}

const MAX_MESSAGE_CHARACTERS = 2_000;
