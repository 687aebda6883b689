import { EtcdProcess } from '@etcd-ts/testkit';

import { runDifferential } from './differential.js';

const OPERATIONS = Number(process.env['DIFFERENTIAL_OPERATIONS'] ?? 3_000);
/** Fixed, so that a red run is a change's doing; `npm run differential` looks for new ones. */
const SEEDS = [1, 20_778];

describe('a random history', () => {
  let nodes: { readonly ours: EtcdProcess; readonly reference: EtcdProcess };
  beforeEach(async () => {
    nodes = {
      ours: await EtcdProcess.start({ flavour: 'ours' }),
      reference: await EtcdProcess.start({ flavour: 'reference' }),
    };
  });
  afterEach(async () => {
    await nodes.ours.dispose();
    await nodes.reference.dispose();
  });

  it.each(SEEDS)(
    'is answered as the original answers it, with seed %d',
    async (seed) => {
      const report = await runDifferential({ seed, operations: OPERATIONS, ...nodes });
      // A run that was refused everything would compare equal, too.
      for (const call of ['Put', 'Range', 'DeleteRange', 'Txn', 'HashKV', 'Compact']) {
        expect(report.answers.get(`${call} OK`)).toBeGreaterThan(OPERATIONS / 1_000);
      }
      expect(report.finalRevision).toBeGreaterThan(OPERATIONS / 5);
    },
    300_000,
  );
});
