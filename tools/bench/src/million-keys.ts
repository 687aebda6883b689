import type { Flavour } from '@etcd-ts/testkit';

import { residentBytes } from './cpu.js';
import { KEY_PREFIX } from './distinct-key.js';
import { runGenerator } from './load-command.js';
import { DishonestRun } from './measurement.js';
import { Subject } from './subject.js';
import { takeIndexes } from './workloads.js';

/** How a server carries many keys of 64 bytes with values of 256. */
export interface ManyKeys {
  readonly keys: number;
  readonly loadSeconds: number;
  readonly residentBytes: number;
  readonly diskBytes: number;
  readonly restartSeconds: number;
  readonly residentBytesAfterRestart: number;
  readonly countMilliseconds: number;
}

const KEY_BYTES = 64;
const VALUE_BYTES = 256;
const COUNTS = 5;

export async function measureManyKeys(flavour: Flavour, keys: number): Promise<ManyKeys> {
  const subject = await Subject.start(flavour);
  try {
    const { endpoint } = subject;
    const load = await runGenerator({
      ...{ kind: 'put', endpoint, requests: keys, connections: 20, inFlight: 1000 },
      ...{ firstKey: takeIndexes(keys), keyBytes: KEY_BYTES, valueBytes: VALUE_BYTES },
    });
    const loaded = residentBytes(subject.node.pid);
    await expectKeys(subject, keys);
    const restartSeconds = await subject.restart();
    return {
      keys,
      loadSeconds: load.seconds,
      residentBytes: loaded,
      diskBytes: await subject.diskBytes(),
      restartSeconds,
      residentBytesAfterRestart: residentBytes(subject.node.pid),
      countMilliseconds: await expectKeys(subject, keys),
    };
  } finally {
    await subject.dispose();
  }
}

/** All keys are counted, several times; gives the median of the milliseconds it took. */
async function expectKeys(subject: Subject, keys: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < COUNTS; i++) {
    const { count, milliseconds } = await subject.countPrefix(KEY_PREFIX);
    if (count !== keys) throw new DishonestRun(`${subject.flavour} has ${count} keys of ${keys}`);
    times.push(milliseconds);
  }
  return times.sort((a, b) => a - b)[Math.floor(COUNTS / 2)] ?? 0;
}
