import { LeaseGrantRequest, PutRequest } from '@etcd-ts/wire-protocol';

import { distinctKey } from '../distinct-key.js';
import type { GeneratorJob } from '../generator-job.js';
import { runUnaryLoad, type LoadResult } from './unary-load.js';
import { runV2WatchLoad } from './v2-watch-load.js';
import { runWatchLoad } from './watch-load.js';

const LEASE_TTL_SECONDS = 3600n;

function run(job: GeneratorJob): Promise<LoadResult> {
  switch (job.kind) {
    case 'put': {
      const value = Buffer.alloc(job.valueBytes, 'v');
      const body = (index: number): Uint8Array =>
        PutRequest.encode(
          PutRequest.fromPartial({ key: distinctKey(job.firstKey + index, job.keyBytes), value }),
        ).finish();
      return runUnaryLoad({ ...job, path: '/etcdserverpb.KV/Put', body });
    }
    case 'leaseGrant': {
      const body = (index: number): Uint8Array =>
        LeaseGrantRequest.encode({
          ID: BigInt(job.firstId + index),
          TTL: LEASE_TTL_SECONDS,
        }).finish();
      return runUnaryLoad({ ...job, path: '/etcdserverpb.Lease/LeaseGrant', body });
    }
    case 'watch':
      return runWatchLoad(job);
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
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
