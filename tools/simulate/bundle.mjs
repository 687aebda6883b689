import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Bundles the simulator, with a bug or without, and returns where. */
export async function bundle(mutant) {
  const outfile = join(root, 'dist', 'tools', 'simulate', `${mutant?.name ?? 'main'}.cjs`);
  const changed = new Set();
  await build({
    entryPoints: [join(root, 'libs', 'simulator', 'src', 'campaign', 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: mutant === undefined,
    external: ['better-sqlite3', 'koffi', '@node-rs/bcrypt'],
    dropLabels: ['FAILPOINT'],
    tsconfig: join(root, 'tsconfig.base.json'),
    logLevel: 'warning',
    plugins: mutant === undefined ? [] : [mutation(mutant, changed)],
  });
  if (mutant !== undefined && !changed.has(mutant.file)) {
    throw new Error(`${mutant.name}: ${mutant.file} is not part of the simulator`);
  }
  return outfile;
}

function mutation({ name, file, changes }, changed) {
  const path = join(root, file);
  return {
    name: 'mutation',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async (args) => {
        if (args.path !== path) return undefined;
        let contents = await readFile(path, 'utf8');
        for (const [from, to] of changes) {
          const parts = contents.split(from);
          if (parts.length !== 2) {
            throw new Error(`${name}: found ${parts.length - 1} times in ${file}: ${from}`);
          }
          contents = parts.join(to);
        }
        changed.add(file);
        return { contents, loader: 'ts' };
      });
    },
  };
}
