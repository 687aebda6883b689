import { EtcdProcess } from '@etcd-ts/testkit';

import { runV2Differential } from './v2-differential.js';

const REQUESTS = Number(process.env['DIFFERENTIAL_REQUESTS'] ?? 800);
/** Fixed, so that a red run is a change's doing; `node e2e/main.mjs v2` looks for new ones. */
const SEED = 5;

it('random requests of the v2 API are answered as the original answers them', async () => {
  const ours = await EtcdProcess.start({ flavour: 'ours' });
  const reference = await EtcdProcess.start({ flavour: 'reference', flags: ['--enable-v2'] });
  try {
    const report = await runV2Differential({
      seed: SEED,
      requests: REQUESTS,
      ours: ours.endpoint,
      reference: reference.endpoint,
    });
    // A run that was refused everything would compare equal, too.
    for (const answer of ['GET 200', 'PUT 200', 'PUT 201', 'POST 201', 'DELETE 200', 'PUT 412']) {
      expect(report.answers.get(answer)).toBeGreaterThan(REQUESTS / 1_000);
    }
    expect(report.index).toBeGreaterThan(REQUESTS / 5);
  } finally {
    await ours.dispose();
    await reference.dispose();
  }
});
