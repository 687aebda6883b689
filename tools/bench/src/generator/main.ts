import { LeaseGrantRequest } from '@etcd-ts/wire-protocol';

import { spreadIndex } from '../distinct-key.js';
import type { GeneratorJob, KeyCall } from '../generator-job.js';
import { holdIdleWatchers } from './idle-watchers.js';
import { KeyBodies } from './key-bodies.js';
import { runPacedLoad } from './paced-load.js';
import { runSnapshotLoad } from './snapshot-load.js';
import { runUnaryLoad, type LoadResult } from './unary-load.js';
import { runV2WatchLoad } from './v2-watch-load.js';
import { runWatchLoad } from './watch-load.js';

const LEASE_TTL_SECONDS = 3600n;
const KV = '/etcdserverpb.KV/';
const METHODS: Readonly<Record<KeyCall, string>> = {
  ...{ put: 'Put', range: 'Range', serializable: 'Range', txn: 'Txn' },
};

/** Jobs without a natural end are told to end by the end of their input. */
function inputEnded(): Promise<void> {
  return new Promise((resolve) => process.stdin.once('end', resolve).resume());
}

function runKeys(job: GeneratorJob & { readonly kind: 'keys' }): Promise<LoadResult> {
  const bodies = new KeyBodies(job.call, job.keyBytes, job.valueBytes);
  const { firstKey, keys } = job;
  const body =
    job.order === 'once'
      ? (index: number) => bodies.of(firstKey + index)
      : (index: number) => bodies.of(firstKey + (spreadIndex(index + 1) % keys));
  const requests = job.requests ?? (job.order === 'once' ? keys : undefined);
  const limit = requests === undefined ? {} : { requests };
  return runUnaryLoad({ ...job, ...limit, path: `${KV}${METHODS[job.call]}`, body });
}

function run(job: GeneratorJob): Promise<LoadResult> {
  switch (job.kind) {
    case 'keys':
      return runKeys(job);
    case 'leaseGrant': {
      const body = (index: number): Uint8Array =>
        LeaseGrantRequest.encode({
          ID: BigInt(job.firstId + index),
          TTL: LEASE_TTL_SECONDS,
        }).finish();
      return runUnaryLoad({ ...job, path: '/etcdserverpb.Lease/LeaseGrant', body });
    }
    case 'paced': {
      const bodies = new KeyBodies('put', job.keyBytes, job.valueBytes);
      const { firstKey, keys } = job;
      const body = (index: number): Uint8Array =>
        bodies.of(firstKey + (spreadIndex(index + 1) % keys));
      return runPacedLoad({ ...job, path: `${KV}${METHODS.put}`, body }, inputEnded());
    }
    case 'watch':
      return runWatchLoad(job);
    case 'idleWatchers':
      return holdIdleWatchers(job, () => process.stderr.write('ready\n'), inputEnded());
    case 'snapshot':
      return runSnapshotLoad(job.endpoint);
    case 'v2Watch':
      return runV2WatchLoad(job);
  }
}

async function main(): Promise<void> {
  const job = JSON.parse(process.argv[2] ?? '') as GeneratorJob;
  const before = process.cpuUsage();
  const result = await run(job);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(JSON.stringify({ ...result, cpuSeconds: (user + system) / 1e6 }));
  // Whoever started it may still hold the other end of the input.
  process.stdin.destroy();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  // Connections that are still open would keep the process.
  process.exit(1);
});
