import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { EtcdProcess, workspaceRoot } from '@etcd-ts/testkit';

import { ChaosCampaign } from './chaos-campaign.js';
import { tryLocks } from './lock-trial.js';
import { ChaosSeries } from './series/chaos-series.js';

// What waits has its own deadline; together they take long on a machine with other work to do.
const bundle = (name: string): string =>
  readFileSync(join(workspaceRoot(), 'dist', 'apps', 'etcd', name), 'utf8');
const FAILPOINTS = /gofail|failpoint|raftBeforeSave|beforeCommit/iu;

describe('a campaign of chaos', () => {
  it('kills a member at a named point under load, and finds every promise kept', async () => {
    const campaign = new ChaosCampaign({
      members: 1,
      seed: 1,
      fault: 'raftBeforeSave=panic',
      workload: 'R',
    });
    try {
      const outcome = await campaign.next();
      // On a machine that does too little in a second the run counts for nothing, and says so.
      expect(outcome).toMatchObject({ kind: expect.stringMatching(/^(kept|void)$/u) });
      expect(campaign.tally.broken).toBe(0);
    } finally {
      await campaign.dispose();
    }
    expect(bundle('main.failpoints.cjs')).toMatch(FAILPOINTS);
  });

  it('goes on with fault after fault on one cluster, and judges at quiet points', async () => {
    const lines: string[] = [];
    const series = new ChaosSeries({
      members: 1,
      seed: 1,
      fault: 'kill -9 of all',
      workload: 'Q',
      clients: 8,
      thinkMs: 1,
      onWindow: (text) => lines.push(text),
    });
    try {
      // Out of time from the beginning: one window of one round each.
      await series.runFor(0, 1);
      await series.runFor(0, 1);
    } finally {
      await series.dispose();
    }
    expect(series.tally.broken).toBe(0);
    expect(lines.at(-1)).toMatch(/^window 2 \(Q\): .* judged in 2 windows, .*; 0 violations$/u);
  });

  it('sees what a lock without fencing lets happen', async () => {
    const { violation } = await tryLocks({ fenced: false, seed: 1, until: 'violation' });
    expect(violation).toMatch(/lock-fence/u);
  });

  it('is of a build of its own: what users run has no failpoints', async () => {
    // Starting it builds it when a source is newer.
    const node = await EtcdProcess.start({
      flavour: 'ours',
      env: { GOFAIL_FAILPOINTS: 'raftBeforeSave=panic' },
    });
    await node.dispose();
    expect(bundle('main.cjs')).not.toMatch(FAILPOINTS);
  });
});
