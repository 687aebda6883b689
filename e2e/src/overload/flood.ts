import { succeeded, type Outcome } from '@etcd-ts/testkit';
import { KVDefinition, PutRequest, RangeRequest } from '@etcd-ts/wire-protocol';

import { expectTrue, scaled, type Scenario } from './scenario.js';

/** In flight at a time: some hundred times what keeps the members busy. */
const IN_FLIGHT = 20_000;
const CONNECTIONS = 30;
const DURATION_MS = 120_000;
const VALUE_BYTES = 1_024;
const KEYS = 1_000;
const DEADLINE_MS = 30_000;

const { put, range } = KVDefinition.methods;

/** What the original says of writes it cannot take now, and what a deadline says. */
const EXPECTED = [
  'etcdserver: too many requests',
  'etcdserver: request timed out',
  'Deadline exceeded',
];

interface Tally {
  readonly written: Map<string, number>;
  acknowledged: number;
  refused: number;
  readonly unexpected: Map<string, number>;
}

function count(tally: Tally, key: string, version: number, outcome: Outcome<unknown>): void {
  if (outcome.kind === 'ok') {
    tally.acknowledged++;
    tally.written.set(key, Math.max(version, tally.written.get(key) ?? 0));
    return;
  }
  tally.refused++;
  if (EXPECTED.some((text) => outcome.message.includes(text))) return;
  tally.unexpected.set(outcome.message, (tally.unexpected.get(outcome.message) ?? 0) + 1);
}

/** Writes that nobody waits for before the next: answered, or refused in etcd's words, none lost. */
export const flood: Scenario = {
  name: 'flood',
  what: '20,000 writes in flight for two minutes',
  async run(stage) {
    const clients = Array.from({ length: CONNECTIONS }, (_, i) => stage.connect(i));
    const tally: Tally = { written: new Map(), acknowledged: 0, refused: 0, unexpected: new Map() };
    const untilMs = performance.now() + DURATION_MS * stage.scale;
    let next = 0;
    const worker = async (): Promise<void> => {
      while (performance.now() < untilMs) {
        const version = next++;
        const key = `overload/flood/${version % KEYS}`;
        const value = Buffer.alloc(VALUE_BYTES, `${version} `);
        const client = clients[version % clients.length] ?? stage.connect(0);
        const request = PutRequest.create({ key: Buffer.from(key), value });
        count(
          tally,
          key,
          version,
          await client.unary(KVDefinition, put, request, { deadlineMs: DEADLINE_MS }),
        );
        if (version % 1_000 === 0)
          stage.show(`${tally.acknowledged} writes, ${tally.refused} refused`);
      }
    };
    await Promise.all(Array.from({ length: scaled(stage, IN_FLIGHT) }, worker));
    expectTrue(
      tally.unexpected.size === 0,
      `unexpected: ${[...tally.unexpected.keys()].join('; ')}`,
    );
    const client = stage.connect(0);
    for (const key of tally.written.keys()) {
      const request = RangeRequest.create({ key: Buffer.from(key) });
      const { kvs } = await succeeded(client.unary(KVDefinition, range, request));
      expectTrue(kvs[0] !== undefined, `${key} was acknowledged and is not there`);
    }
    return `${tally.acknowledged} writes acknowledged, ${tally.refused} refused`;
  },
};
