import { createRequire } from 'node:module';

/**
 * Packages that most runs of a program never use: each is loaded when something of it is used first, so
 * that the others do without its memory and its time. What it exports is asked of it now, at the build.
 * Only for imports of our own: packages that import each other do as they always do.
 */
export function latePackages(names) {
  const load = createRequire(import.meta.url);
  // esbuild's expressions are those of Go.
  const named = new RegExp(`^(${names.join('|')})$`);
  return {
    name: 'late-packages',
    setup(build) {
      build.onResolve({ filter: named }, ({ path, kind, importer, namespace }) => {
        const isOurs = kind === 'import-statement' && !importer.includes('/node_modules/');
        return isOurs && namespace === 'file' ? { path, namespace: 'late' } : undefined;
      });
      build.onLoad({ filter: /./, namespace: 'late' }, ({ path }) => ({
        resolveDir: process.cwd(),
        contents: stand(path, Object.keys(load(path))),
      }));
    },
  };
}

/** A module with the same exports, which has none of them yet. */
function stand(path, exported) {
  const properties = exported
    .filter((name) => name !== '__esModule')
    .map((name) => `get ${JSON.stringify(name)}() { return real()[${JSON.stringify(name)}]; }`);
  return `const real = () => require(${JSON.stringify(path)});
module.exports = { ${properties.join(', ')} };`;
}
