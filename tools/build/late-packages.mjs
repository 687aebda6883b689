import { createRequire } from 'node:module';
import { build } from 'esbuild';

/**
 * Packages that most runs of a program never use. They are in a file of their own, late.HASH.cjs beside
 * the program, which is read when something of them is used first: the others do without its memory and
 * its time. What a package exports is asked of it now, at the build. Only for imports of our own:
 * packages that import each other do as they always do.
 */
export class LatePackages {
  #names;
  #options;
  #building;

  /** `options`: of esbuild, for the file. */
  constructor(names, options) {
    this.#names = names;
    this.#options = options;
  }

  /** undefined: nothing has asked for any of them. */
  get file() {
    return this.#building;
  }

  get plugin() {
    const load = createRequire(import.meta.url);
    // esbuild's expressions are those of Go.
    const named = new RegExp(`^(${this.#names.join('|')})$`);
    return {
      name: 'late-packages',
      setup: ({ onResolve, onLoad }) => {
        onResolve({ filter: named }, ({ path, importer }) =>
          importer.includes('/node_modules/') ? undefined : { path, namespace: 'late' },
        );
        onLoad({ filter: named, namespace: 'late' }, ({ path }) => ({
          contents: stand(path, Object.keys(load(path))),
          resolveDir: this.#options.absWorkingDir,
        }));
        onResolve({ filter: /^late-file$/ }, ({ path }) => ({ path, namespace: 'late' }));
        onLoad({ filter: /^late-file$/, namespace: 'late' }, async () => {
          const { name } = await (this.#building ??= this.#build());
          return { contents: reader(name) };
        });
      },
    };
  }

  /** All in one: those that use each other must meet in the same classes. */
  async #build() {
    const packages = this.#names.map(
      (name) => `get ${quoted(name)}() { return require(${quoted(name)}); }`,
    );
    const { outputFiles } = await build({
      ...this.#options,
      stdin: {
        contents: `module.exports = { ${packages.join(', ')} };`,
        resolveDir: this.#options.absWorkingDir,
      },
      entryNames: 'late.[hash]',
    });
    const [{ path, contents }] = outputFiles;
    return { path, contents, name: path.split('/').at(-1) };
  }
}

const quoted = (text) => JSON.stringify(text);

/** A module with the same exports, which has none of them yet. */
function stand(path, exported) {
  const properties = exported
    .filter((name) => name !== '__esModule')
    .map((name) => `get ${quoted(name)}() { return late()[${quoted(path)}][${quoted(name)}]; }`);
  return `const late = require('late-file');
module.exports = { ${properties.join(', ')} };`;
}

/**
 * The module that reads the file. It is opened at the start: an upgrade takes the files of a program
 * away while it runs, and a member must not come to grief over that at the next WebSocket.
 */
const reader = (name) => `
const { openSync, readFileSync } = require('node:fs');
const { compileFunction } = require('node:vm');
const filename = __dirname + '/' + ${quoted(name)};
let file = filename;
try { file = openSync(filename); } catch { /* Whoever needs it will hear of it. */ }
let loaded;
module.exports = () => {
  if (loaded === undefined) {
    const late = { exports: {} };
    const run = compileFunction(readFileSync(file, 'latin1'), ['exports', 'require', 'module'], { filename });
    run(late.exports, require, late);
    loaded = late.exports;
  }
  return loaded;
};`;
