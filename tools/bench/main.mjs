// Measures our node beside the original etcd and prints ratios: `npm run bench [-- options]`.
// Bundles the TypeScript beside it first; the load generator is a bundle and a process of its own.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const outdir = join(root, 'dist', 'tools', 'bench');
await build({
  entryPoints: {
    main: join(root, 'tools/bench/src/main.ts'),
    generator: join(root, 'tools/bench/src/generator/main.ts'),
  },
  outdir,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  tsconfig: join(root, 'tsconfig.base.json'),
  logLevel: 'warning',
});
const args = ['--enable-source-maps', join(outdir, 'main.cjs'), ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
child.once('exit', (code) => process.exit(code ?? 1));
