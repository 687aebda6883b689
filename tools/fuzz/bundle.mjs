import { join } from 'node:path';

import { build } from 'esbuild';

import { root } from './targets.mjs';

/** Addons load their binaries from beside themselves: they stay in node_modules. */
const EXTERNAL = ['@node-rs/bcrypt', 'better-sqlite3', 'koffi'];

export async function bundle(file, outfile) {
  await build({
    absWorkingDir: root,
    entryPoints: [file],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    sourcesContent: false,
    external: EXTERNAL,
    dropLabels: ['FAILPOINT'],
    define: { BUILD_VERSION: '"0.0.0"', BUILD_COMMIT: '"fuzz"' },
    tsconfig: join(root, 'tsconfig.base.json'),
    logLevel: 'warning',
  });
}
