import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Rng, Scheduler } from '@etcd-ts/foundation';
import { assert, SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import { anyText, mutateText, ODD_WORDS, pick } from '@etcd-ts/fuzzing';
import { converse, repliesIn } from '@etcd-ts/memory-http';
import type { MemoryReply } from '@etcd-ts/memory-http';
import { createDiscoveryApp } from '../http/app.js';
import { LongPolls } from '../http/long-polls.js';
import { PublicAddress } from '../http/public-address.js';
import { RateLimiter } from '../http/rate-limiter.js';
import { DiscoveryMetrics } from '../metrics.js';
import { SqliteTokenStore } from '../registry/sqlite-token-store.js';

const REQUESTS = 60;
/** Each round opens a database. */
export const shareCases = 300;
const TTL_MS = 3_600_000;
const MAX_SIZE = 9;
const TOKEN = '0123456789abcdef0123456789abcdef';
const SIZE = 3;
const PATHS = [
  ...['/TOKEN', '/TOKEN/', '/TOKEN/_config/size', '/TOKEN/aa', '/TOKEN/b1', '/TOKEN/ffffffff'],
  ...['/new', '/new', '/', '/health', '/robots.txt', '/metrics', '/TOKEN/_x', '/TOKEN/a/b'],
];
const FIELDS = [
  ...['value=a=http://10.0.0.1:2380', 'value=b=http://10.0.0.2:2380,b=https://[::1]:1', 'value='],
  ...[
    'value=__proto__=http://a:1',
    'prevExist=false',
    'prevExist=true',
    'wait=true',
    'waitIndex=1',
  ],
  ...['waitIndex=99999999999999999999', 'recursive=true', 'stream=true', 'size=3', 'size=0', 'v=3'],
  ...['ttl=5', 'dir=true', '__proto__=1', 'value[a]=1', 'value=1&value=2', 'quorum=maybe'],
];
const METHODS = ['GET', 'GET', 'GET', 'PUT', 'PUT', 'POST', 'DELETE', 'OPTIONS'];
const STATUSES = new Set([200, 201, 204, 400, 403, 404, 405, 412, 429, 431, 503]);

/** Requests of members and of others: what etcd's client expects, and never more members than asked for. */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  const directory = mkdtempSync(join(tmpdir(), 'fuzz-discovery-'));
  const service = new Service(directory);
  try {
    await service.store.create(TOKEN, SIZE);
    for (let i = 0; i < REQUESTS; i++) {
      const bytes = request(rng);
      await service.ask(bytes).catch((error: unknown) => {
        throw new Error(`request ${i}: ${JSON.stringify(bytes).slice(0, 600)}`, { cause: error });
      });
    }
  } finally {
    await service.close();
    rmSync(directory, { recursive: true });
  }
  return REQUESTS;
}

const CLOCK: Clock = { monotonicMs: () => 5, wallMs: () => 1_800_000_000_000 };
const SCHEDULER: Scheduler = {
  after: () => () => undefined,
  every: () => () => undefined,
  soon: (callback) => void setImmediate(callback),
};

/** One for all: it listens to the process, and cannot be told to stop. */
const METRICS = new DiscoveryMetrics({ polls: () => 0, tokens: () => 0 });

class Service {
  readonly store: SqliteTokenStore;
  readonly #faults: unknown[] = [];
  readonly #polls: LongPolls;
  readonly #http: Server;
  #lastIndex = 0;

  constructor(directory: string) {
    this.#polls = new LongPolls({ total: 50, perToken: 5 }, { clock: CLOCK, scheduler: SCHEDULER });
    this.store = new SqliteTokenStore({
      directory,
      ttlMs: TTL_MS,
      maxTokens: 20,
      maxBytes: 1e9,
      clock: CLOCK,
      scheduler: SCHEDULER,
      onChange: (token) => this.#polls.changed(token),
      onDiskFailure: (error) => this.#faults.push(error),
    });
    const app = createDiscoveryApp({
      store: this.store,
      polls: this.#polls,
      metrics: METRICS,
      logger: {
        ...SILENT_LOGGER,
        error: (message, fields) => void this.#faults.push(`${message} ${JSON.stringify(fields)}`),
      },
      address: new PublicAddress({ host: '', v3Endpoints: ['http://10.0.0.9:2379'] }),
      limits: {
        newTokens: new RateLimiter(1e9, CLOCK),
        requests: new RateLimiter(1e9, CLOCK),
        maxSize: MAX_SIZE,
      },
      ttlMs: TTL_MS,
      trustedProxies: 1,
    });
    this.#http = createServer(app);
  }

  async ask(bytes: string): Promise<void> {
    const said = await converse(this.#http, Buffer.from(bytes, 'latin1'));
    assert(said.ended || bytes.includes('wait'), 'no end, and nothing is waited for');
    for (const reply of repliesIn(said.bytes)) if (reply.whole) this.#check(reply);
    const [fault] = this.#faults;
    if (fault !== undefined) throw new Error('the service has failed', { cause: fault });
    const state = await this.store.read(TOKEN);
    const members = state?.members ?? [];
    assert(state !== undefined && members.length <= SIZE, 'more members than asked for');
    const indexes = members.map(({ index }) => index);
    assert(
      indexes.every((index, i) => i === 0 || (indexes[i - 1] ?? 0) < index),
      'no order',
    );
    assert(state.index >= this.#lastIndex, 'the index went back');
    this.#lastIndex = state.index;
  }

  async close(): Promise<void> {
    this.#polls.end();
    this.#http.closeAllConnections();
    await this.store.close();
  }

  #check({ status, headers, body }: MemoryReply): void {
    const text = body.toString('utf8');
    assert(STATUSES.has(status), () => `status ${status}: ${text}`);
    const type = headers.get('content-type') ?? '';
    if (!type.startsWith('application/json')) return;
    const json = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (status < 400) return assert('node' in json || 'discovery' in json, 'no node');
    assert(Number.isInteger(json['errorCode']), () => `no error of etcd: ${text}`);
    assert(typeof json['message'] === 'string', 'an error without words');
  }
}

function request(rng: Rng): string {
  const method = pick(rng, METHODS);
  const form = formOf(rng);
  const path = pick(rng, PATHS).replace('TOKEN', TOKEN);
  const changed = rng.below(5) === 0 ? `/${mutateText(rng, path.slice(1), ODD_WORDS)}` : path;
  const query = rng.below(2) === 0 ? `?${form}` : '';
  const target = (changed + query).replaceAll(/[^!-~]/gu, '%E4');
  const body = method === 'PUT' || method === 'POST' ? Buffer.from(form).toString('latin1') : '';
  const type = rng.below(8) === 0 ? anyText(rng, FORM, ODD_WORDS) : FORM;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${rng.below(6) === 0 ? visible(mutateText(rng, 'h:1')) : 'h:1'}`,
    'Connection: close',
    `Content-Type: ${visible(type)}`,
    `Content-Length: ${body.length}`,
  ];
  if (rng.below(4) === 0) lines.push(`Accept: ${visible(anyText(rng, 'application/json'))}`);
  if (rng.below(8) === 0) lines.push(`X-Forwarded-For: ${visible(anyText(rng, '1.2.3.4, ::1'))}`);
  if (rng.below(20) === 0) lines.push('Content-Encoding: x');
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

const FORM = 'application/x-www-form-urlencoded';
const visible = (text: string): string => text.replaceAll(/[^ -~]/gu, '');

function formOf(rng: Rng): string {
  const form = Array.from({ length: rng.below(4) }, () => pick(rng, FIELDS)).join('&');
  if (rng.below(100) === 0) return `value=${'a'.repeat(20_000)}`;
  return rng.below(3) === 0 ? mutateText(rng, form, [...FIELDS, ...ODD_WORDS]) : form;
}
