import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { EtcdProcess, workspaceRoot } from '@etcd-ts/testkit';

import { ChaosCampaign } from './chaos-campaign.js';
import { tryLocks } from './lock-trial.js';

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
