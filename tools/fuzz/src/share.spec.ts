import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FUZZ, runNode } from './node-run.js';

const ROOT = join(FUZZ, '..', '..');
const TARGETS = ['libs', 'apps'].flatMap((group) =>
  readdirSync(join(ROOT, group), { recursive: true, encoding: 'utf8' }).flatMap(
    (path) => /^[^/]+\/src\/fuzz\/([^/]+)\.fuzz\.ts$/u.exec(path)?.[1] ?? [],
  ),
);

// Each a fixed number of cases from a fixed seed, after the seeds that have found something: a failure
// here is one for everybody. `npm run fuzz` looks further.
describe('random input', () => {
  it('has targets', () => expect(TARGETS.length).toBeGreaterThan(5));

  it.each(TARGETS)('finds nothing wrong in %s', async (target) => {
    const { code, output } = await runNode([join(FUZZ, 'main.mjs'), target, '--share']);
    expect([output, code]).toEqual([expect.stringMatching(/ nothing$/mu), 0]);
  });
});
