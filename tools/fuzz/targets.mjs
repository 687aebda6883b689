import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const SUFFIX = '.fuzz.ts';

/** Every target by its name, with its file and whose it is. */
export function findTargets() {
  const found = new Map();
  for (const group of ['libs', 'apps']) {
    for (const project of readdirSync(join(root, group)).sort()) {
      const directory = join(root, group, project, 'src', 'fuzz');
      if (!existsSync(directory)) continue;
      for (const file of readdirSync(directory).sort()) {
        if (!file.endsWith(SUFFIX)) continue;
        const name = file.slice(0, -SUFFIX.length);
        if (found.has(name)) throw new Error(`two targets are called ${name}`);
        found.set(name, { file: join(directory, file), owner: `${group}/${project}` });
      }
    }
  }
  return found;
}
