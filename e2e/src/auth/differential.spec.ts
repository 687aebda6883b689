import { EtcdProcess } from '@etcd-ts/testkit';

import { runAuthDifferential } from './differential.js';

const DECISIONS = Number(process.env['AUTH_DECISIONS'] ?? 800);
/** Fixed, so that a red run is a change's doing; `npm run differential:auth` looks for new ones. */
const SEEDS = [1, 33_343];

describe('random users, roles and permissions', () => {
  it.each(SEEDS)('decide as those of the original, with seed %d', async (seed) => {
    const flags = ['--bcrypt-cost', '4', '--auth-token', 'simple'];
    const ours = await EtcdProcess.start({ flavour: 'ours', flags });
    const original = await EtcdProcess.start({ flavour: 'reference', flags });
    try {
      const { verdicts } = await runAuthDifferential({
        seed,
        decisions: DECISIONS,
        ours: ours.endpoint,
        original: original.endpoint,
      });
      // A run that was refused everything would compare equal, too.
      for (const call of ['range', 'put', 'deleteRange', 'txn', 'authenticate', 'roleGet']) {
        expect(verdicts.get(`${call} OK`)).toBeGreaterThan(DECISIONS / 500);
      }
      expect(verdicts.get('range etcdserver: permission denied')).toBeGreaterThan(DECISIONS / 500);
    } finally {
      await ours.dispose();
      await original.dispose();
    }
  });
});
