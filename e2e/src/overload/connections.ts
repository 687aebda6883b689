import { succeeded, within } from '@etcd-ts/testkit';
import { KVDefinition, PutRequest, RangeRequest } from '@etcd-ts/wire-protocol';

import { RangeConnection } from './range-connection.js';
import { expectTrue, scaled, type Scenario, type Stage } from './scenario.js';

const CONNECTIONS = 10_000;
/** Opened at a time: a listening socket has a queue of so many. */
const AT_ONCE = 200;
const WRITES = 100;
const KEY = Buffer.from('overload/connections');
const VALUE = Buffer.from('answered-as-ever');

async function open(stage: Stage, count: number): Promise<RangeConnection[]> {
  const { cluster } = stage;
  const message = RangeRequest.encode(RangeRequest.create({ key: KEY })).finish();
  const connections: RangeConnection[] = [];
  while (connections.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - connections.length) }, (_, i) => {
      const member = cluster.members[i % cluster.members.length];
      return new RangeConnection(member?.setup.clientPort ?? 0, message, VALUE);
    });
    connections.push(...some);
    await within('answers on new connections', 60_000, Promise.all(some.map((c) => c.answered)));
    stage.show(`${connections.length} connections`);
  }
  return connections;
}

/** Each has asked once and been answered; all stay, while others write. */
export const connections: Scenario = {
  name: 'connections',
  what: '10,000 connections at a time',
  async run(stage) {
    const client = stage.connect(0);
    const { put } = KVDefinition.methods;
    const write = PutRequest.create({ key: KEY, value: VALUE });
    await succeeded(client.unary(KVDefinition, put, write));
    const all = await open(stage, scaled(stage, CONNECTIONS));
    try {
      for (let i = 0; i < WRITES; i++) await succeeded(client.unary(KVDefinition, put, write));
      const left = all.filter(({ isOpen }) => isOpen).length;
      expectTrue(left === all.length, `only ${left} of ${all.length} connections stayed open`);
      return `${all.length} connections answered and open, ${WRITES} writes beside them`;
    } finally {
      for (const connection of all) connection.close();
    }
  },
};
