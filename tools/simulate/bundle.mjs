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
    tsconfig: join(root, 'tsconfig.base.json'),
    logLevel: 'warning',
    plugins: mutant === undefined ? [] : [mutationPlugin(mutant, changed)],
  });
  for (const { file } of mutationsOf(mutant)) {
    if (!changed.has(file)) throw new Error(`${mutant.name}: ${file} is not part of the simulator`);
  }
  return outfile;
}

function mutationsOf(mutant) {
  return mutant === undefined ? [] : [mutant, ...(mutant.also ?? [])];
}

function mutationPlugin(mutant, changed) {
  const mutations = mutationsOf(mutant);
  return {
    name: 'mutation',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async (args) => {
        const mutation = mutations.find(({ file }) => args.path === join(root, file));
        if (mutation === undefined) return undefined;
        const { file, changes } = mutation;
        let contents = await readFile(args.path, 'utf8');
        for (const [from, to] of changes) {
          const parts = contents.split(from);
          if (parts.length !== 2) {
            throw new Error(`${mutant.name}: found ${parts.length - 1} times in ${file}: ${from}`);
          }
          contents = parts.join(to);
        }
        changed.add(file);
        return { contents, loader: 'ts' };
      });
    },
  };
}
