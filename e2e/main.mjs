// Runs a long form of an e2e suite: bundles its TypeScript and starts it.
//   node e2e/main.mjs differential --seed 7 --operations 100000
//   node e2e/main.mjs v2 --requests 100000
// Every *-main.ts beside the suite's main.ts is a program of its own that it starts.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SUITES = [
  'differential',
  'crash',
  'crash-images',
  'corruption',
  'auth',
  'login-flood',
  'v2',
  'cluster',
  'chaos',
  'overload',
];
const [suite = '', ...args] = process.argv.slice(2);
if (!SUITES.includes(suite)) {
  console.error(`usage: node e2e/main.mjs ${SUITES.join('|')} [options]`);
  process.exit(2);
}
const outfile = join(root, 'dist', 'e2e', `${suite}.cjs`);
const folder = join(root, 'e2e', 'src', suite);
const programs = readdirSync(folder).filter((name) => name.endsWith('-main.ts'));
await build({
  entryPoints: [
    { in: join(folder, 'main.ts'), out: suite },
    ...programs.map((name) => ({
      in: join(folder, name),
      out: `${suite}-${name.slice(0, -'-main.ts'.length)}`,
    })),
  ],
  outdir: join(root, 'dist', 'e2e'),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  external: ['@node-rs/bcrypt', 'better-sqlite3', 'koffi', 'etcd3'],
  tsconfig: join(root, 'tsconfig.base.json'),
  logLevel: 'warning',
});
const child = spawn(process.execPath, ['--enable-source-maps', outfile, ...args], {
  cwd: root,
  stdio: 'inherit',
});
// Whoever ends this one means the campaign, which has processes of its own to end.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => process.exit(code ?? 1));
