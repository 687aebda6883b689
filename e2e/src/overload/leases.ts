import { eventually, succeeded } from '@etcd-ts/testkit';
import {
  KVDefinition,
  LeaseDefinition,
  LeaseGrantRequest,
  LeaseLeasesRequest,
  PutRequest,
} from '@etcd-ts/wire-protocol';

import { inParallel } from './parallel.js';
import { expectTrue, scaled, type Scenario } from './scenario.js';

const LEASES = 100_000;
const TTL_SECONDS = 60n;
const WORKERS = 200;
/** A thousand are revoked a second, as in etcd; granting takes its time, too. */
const PATIENCE_MS = 400_000;

const { leaseGrant, leaseLeases } = LeaseDefinition.methods;

/** All end in the same minute; writes go on meanwhile. */
export const leases: Scenario = {
  name: 'leases',
  what: '100,000 leases that expire at once',
  async run(stage) {
    const count = scaled(stage, LEASES);
    const clients = stage.cluster.members.map((_, i) => stage.connect(i));
    const client = stage.connect(0);
    await inParallel(count, WORKERS, async (i) => {
      const grant = LeaseGrantRequest.create({ TTL: TTL_SECONDS });
      const from = clients[i % clients.length] ?? client;
      await succeeded(from.unary(LeaseDefinition, leaseGrant, grant, { deadlineMs: 60_000 }));
      if (i % 1_000 === 0) stage.show(`${i} leases granted`);
    });
    const left = async (): Promise<number> => {
      const { leases: list } = await succeeded(
        client.unary(LeaseDefinition, leaseLeases, LeaseLeasesRequest.create()),
      );
      return list.length;
    };
    expectTrue((await left()) > 0, 'all leases were gone before the last was granted');
    let writes = 0;
    await eventually(
      'all leases expire',
      async () => {
        const put = PutRequest.create({ key: Buffer.from('overload/beside-leases') });
        await succeeded(client.unary(KVDefinition, KVDefinition.methods.put, put));
        writes++;
        const rest = await left();
        stage.show(`${rest} leases left`);
        return rest === 0 ? true : undefined;
      },
      PATIENCE_MS,
    );
    return `${count} leases granted and expired, ${writes} writes beside them`;
  },
};
