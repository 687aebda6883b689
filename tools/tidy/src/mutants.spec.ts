import { spawnSync } from 'node:child_process';

import { ROOT } from './source-tree.js';

describe('the bugs that the simulator must find', () => {
  // They are changes of the sources' text: whoever changes that text must see it.
  it('can all be planted into the present sources', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['tools/simulate/main.mjs', '--mutants', '--build'],
      { cwd: ROOT, encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\d+ mutants fit the sources\n$/u);
  });
});
