// Simulates clusters, seed after seed:
//   npm run simulate -- --seeds 200 --minutes 5 [--seed FIRST] [--members 3..7] [--virtual-seconds 40]
//   npm run simulate -- --seed 4711 --seeds 1 --log      one seed, with what its members log
//   npm run simulate -- --mutants [NAME...]              known bugs, to see that they are found
//   npm run simulate -- --speed                          virtual against real time, under light load
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const outfile = join(root, 'dist', 'tools', 'simulate', 'main.cjs');
await build({
  entryPoints: [join(root, 'libs', 'simulator', 'src', 'campaign', 'main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  external: ['better-sqlite3', 'koffi', '@node-rs/bcrypt'],
  tsconfig: join(root, 'tsconfig.base.json'),
  logLevel: 'warning',
});
const child = spawn(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
child.once('exit', (code) => process.exit(code ?? 1));
