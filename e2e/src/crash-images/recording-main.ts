import { mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { SeededRng } from '@etcd-ts/foundation';
import { eventually } from '@etcd-ts/testkit';

import { openMemberAt } from '../stored-state/opened-member.js';
import { readState } from '../stored-state/state-digest.js';
import type { StoredState } from '../stored-state/state-digest.js';
import { DATA, HISTORY, MARKS } from './recording-layout.js';
import { Workload } from './workload.js';

const OPERATIONS_PER_LIFE = 200;

/**
 * The process whose system calls are recorded: `node recording.cjs FOLDER OPERATIONS SEED`. It says
 * what it has acknowledged by writing into a file, so that the record has that in its place among
 * the writes and fsyncs, and leaves the states it went through in another file.
 */
async function main(): Promise<void> {
  const [folder = '', operations = '', seed = ''] = process.argv.slice(2);
  const rng = new SeededRng(Number(seed));
  const marks = openSync(join(folder, MARKS), 'w');
  const mark = (text: string): void => void writeSync(marks, `${text}\n`);
  mkdirSync(join(folder, DATA), { mode: 0o700 });
  const history: StoredState[] = [];
  const grants = new Map<bigint, bigint>();
  const names = { next: 0 };
  for (let done = 0; done < Number(operations);) {
    const opened = await openMemberAt(join(folder, DATA));
    const { server } = opened.member;
    await eventually('a cluster version', () => server.facts.clusterVersion() !== undefined);
    // No state differs by a start, but the first of them is where the history begins.
    if (history.length === 0) history.push(await readState(server));
    const workload = new Workload(
      { server, rng, acknowledged: (revision) => mark(`revision ${revision}`) },
      grants,
      names,
    );
    try {
      await runLife(workload, history, mark, Number(operations) - done);
    } finally {
      await opened.stop();
    }
    done += workload.operations;
  }
  writeFileSync(join(folder, HISTORY), JSON.stringify(history));
}

async function runLife(
  workload: Workload,
  history: StoredState[],
  mark: (text: string) => void,
  operations: number,
): Promise<void> {
  while (workload.operations < Math.min(OPERATIONS_PER_LIFE, operations)) {
    const before = history.at(-1);
    if (before === undefined) throw new Error('a history begins with a state');
    history.push(...(await workload.wave(before)));
    mark(`states ${history.length}`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
  process.exitCode = 1;
});
