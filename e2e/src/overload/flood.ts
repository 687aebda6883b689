import { pause, succeeded, type Outcome, type RpcClient } from '@etcd-ts/testkit';
import {
  CompactionRequest,
  KVDefinition,
  PutRequest,
  RangeRequest,
  type RangeResponse,
} from '@etcd-ts/wire-protocol';

import { expectTrue, scaled, type Scenario, type Stage } from './scenario.js';

const CONNECTIONS = 30;
const DURATION_MS = 120_000;
const DEADLINE_MS = 30_000;

/** In flight at a time: some hundred times what keeps the members busy. */
const SMALL_IN_FLIGHT = 20_000;
const SMALL_BYTES = 1_024;
/**
 * In flight to one member at a time, whatever the scale: half as much again as a member lets wait, which
 * is 256 MiB. As long as the log takes them they do not wait in the member, but in the sockets.
 */
const LARGE_IN_FLIGHT = 384;
/** Apart from the others, which would wait behind them in the client. */
const LARGE_CONNECTIONS = 4;
const LARGE_BYTES = 1024 * 1024;
const LARGE_KEYS = 16;
/** Else the history of the large ones would fill the database before the time is over. */
const COMPACT_EVERY_MS = 5_000;
const PAGE = 10_000;

const { put, range, compact } = KVDefinition.methods;
const SMALL_PREFIX = 'overload/flood/small/';
const SMALL_END = 'overload/flood/small0';

/** What the original says of writes it cannot take now, and what a deadline says. */
const TOO_MANY = 'etcdserver: too many requests';
const EXPECTED = [
  TOO_MANY,
  'etcdserver: request timed out',
  // In the words of its language, when there was no leader all the time; or of the client.
  'context deadline exceeded',
  'Deadline exceeded',
  // Of a member that is stopped.
  'No connection established',
];

class Tally {
  readonly small = new Set<number>();
  readonly #messages = new Map<string, number>();
  #acknowledged = 0;

  count(outcome: Outcome<unknown>): boolean {
    if (outcome.kind === 'ok') {
      this.#acknowledged++;
      return true;
    }
    const known = EXPECTED.find((text) => outcome.message.includes(text)) ?? outcome.message;
    this.#messages.set(known, this.of(known) + 1);
    return false;
  }

  of(message: string): number {
    return this.#messages.get(message) ?? 0;
  }

  get unexpected(): readonly string[] {
    return [...this.#messages.keys()].filter((message) => !EXPECTED.includes(message));
  }

  toString(): string {
    const failures = [...this.#messages].map(([message, count]) => `${count} × ${message}`);
    return [`${this.#acknowledged} writes acknowledged`, ...failures].join(', ');
  }
}

/** Writers that each have one write in flight, until the time is over. */
class Flooding {
  readonly tally = new Tally();
  readonly #stage: Stage;
  readonly #clients: readonly RpcClient[];
  readonly #largeClients: readonly RpcClient[];
  readonly #untilMs: number;
  readonly #large = Buffer.alloc(LARGE_BYTES, 'l');
  #next = 0;

  /** The large ones go to the member of this number. */
  constructor(stage: Stage, target: number) {
    this.#stage = stage;
    this.#clients = Array.from({ length: CONNECTIONS }, (_, i) => stage.connect(i));
    this.#largeClients = Array.from({ length: LARGE_CONNECTIONS }, () => stage.connect(target));
    this.#untilMs = performance.now() + DURATION_MS * stage.scale;
  }

  async run(): Promise<void> {
    // Each has its connection before anybody is stopped.
    await Promise.all([...this.#clients, ...this.#largeClients].map(askForNothing));
    const small = scaled(this.#stage, SMALL_IN_FLIGHT);
    await Promise.all([
      ...Array.from({ length: small }, () => this.#writeSmall()),
      ...Array.from({ length: LARGE_IN_FLIGHT }, (_, i) => this.#writeLarge(i)),
      this.#compact(),
    ]);
  }

  get #isOver(): boolean {
    return performance.now() >= this.#untilMs;
  }

  async #writeSmall(): Promise<void> {
    while (!this.#isOver) {
      const number = this.#next++;
      const key = Buffer.from(`${SMALL_PREFIX}${number}`);
      const value = Buffer.alloc(SMALL_BYTES, `${number} `);
      const outcome = await send(this.#clients, number, PutRequest.create({ key, value }));
      if (this.tally.count(outcome)) this.tally.small.add(number);
      if (number % 1_000 === 0) this.#stage.show(String(this.tally));
    }
  }

  async #writeLarge(writer: number): Promise<void> {
    const key = Buffer.from(`overload/flood/large/${writer % LARGE_KEYS}`);
    const request = PutRequest.create({ key, value: this.#large });
    while (!this.#isOver) this.tally.count(await send(this.#largeClients, writer, request));
  }

  async #compact(): Promise<void> {
    while (!this.#isOver) {
      await pause(COMPACT_EVERY_MS);
      const client = this.#stage.connect(0);
      const read = await askForNothing(client);
      if (read.kind === 'error') continue;
      const request = CompactionRequest.create({ revision: read.response.header?.revision ?? 0n });
      await client.unary(KVDefinition, compact, request);
    }
  }
}

function send(
  clients: readonly RpcClient[],
  number: number,
  request: PutRequest,
): Promise<Outcome<unknown>> {
  const client = clients[number % clients.length];
  if (client === undefined) throw new Error('there is a connection');
  return client.unary(KVDefinition, put, request, { deadlineMs: DEADLINE_MS });
}

function askForNothing(client: RpcClient): Promise<Outcome<RangeResponse>> {
  return client.unary(KVDefinition, range, RangeRequest.create({ key: NOTHING }));
}

const NOTHING = Buffer.from('overload/nothing');

/** All numbers of small writes that are there. */
async function kept(stage: Stage): Promise<ReadonlySet<number>> {
  const client = stage.connect(0);
  const found = new Set<number>();
  let key = Buffer.from(SMALL_PREFIX);
  for (;;) {
    const rangeEnd = Buffer.from(SMALL_END);
    const request = RangeRequest.create({ key, rangeEnd, limit: BigInt(PAGE), keysOnly: true });
    const { kvs, more } = await succeeded(client.unary(KVDefinition, range, request));
    for (const kv of kvs) found.add(Number(kv.key.toString().slice(SMALL_PREFIX.length)));
    const last = kvs.at(-1);
    if (!more || last === undefined) return found;
    key = Buffer.concat([last.key, Buffer.of(0)]);
  }
}

async function judged({ tally }: Flooding, stage: Stage): Promise<string> {
  expectTrue(tally.unexpected.length === 0, `unexpected: ${String(tally)}`);
  const there = await kept(stage);
  const lost = [...tally.small].filter((number) => !there.has(number));
  expectTrue(lost.length === 0, `${lost.length} were acknowledged and are not there`);
  return String(tally);
}

/** Far more than the members can take: written, or refused in etcd's words, and none lost. */
export const flood: Scenario = {
  name: 'flood',
  what: '20,000 small writes and 384 MiB of large ones in flight for two minutes',
  async run(stage) {
    const flooding = new Flooding(stage, 0);
    await flooding.run();
    return judged(flooding, stage);
  },
};

/** The same while nothing can be committed for half of the time: then members must refuse. */
export const stall: Scenario = {
  name: 'stall',
  what: 'the same, all but one member stopped for half of the time',
  elects: true,
  async run(stage) {
    const { cluster, scale } = stage;
    const leader = await cluster.leader();
    const flooding = new Flooding(stage, cluster.members.indexOf(leader));
    const others = cluster.members.filter((member) => member !== leader);
    const stalling = (async () => {
      await pause((DURATION_MS * scale) / 4);
      for (const member of others) member.pause();
      await pause((DURATION_MS * scale) / 2);
      for (const member of others) member.resume();
    })();
    await Promise.all([flooding.run(), stalling]);
    const refused = flooding.tally.of(TOO_MANY);
    expectTrue(refused > 0, `nothing was refused: ${String(flooding.tally)}`);
    return judged(flooding, stage);
  },
};
