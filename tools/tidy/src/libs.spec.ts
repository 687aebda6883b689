import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { exists, isMadeElsewhere, libOf, readText, ROOT, sourceFiles } from './source-tree.js';
import { importsOf, reExportsOf } from './syntax.js';

const LIBS = readdirSync(join(ROOT, 'libs'));
const LAYERS = ['foundation', 'contract', 'core', 'engine', 'service', 'testing'];
const IMPORTS = sourceFiles('.ts')
  .filter(({ path }) => !isMadeElsewhere(path))
  .map((file) => ({ path: file.path, imports: importsOf(file) }));
const RATCHET = JSON.parse(readText('tools/tidy/ratchet.json')) as {
  /** Why something waits for its first user, and what waits, as `lib#name`. */
  readonly unusedExports: readonly { readonly reason: string; readonly names: readonly string[] }[];
};

const indexOf = (lib: string) => {
  const path = `libs/${lib}/src/index.ts`;
  return reExportsOf({ path, text: readText(path) });
};

describe('every lib', () => {
  it('is a project with a layer and a kind', () => {
    for (const lib of LIBS) {
      const { name, tags } = JSON.parse(readText(`libs/${lib}/project.json`)) as {
        name: string;
        tags: readonly string[];
      };
      expect(name).toBe(lib);
      expect([
        lib,
        tags.filter((tag) => LAYERS.includes(tag.replace('layer:', ''))).length,
      ]).toEqual([lib, 1]);
      expect([lib, tags.filter((tag) => /^io:(pure|effects)$/.test(tag)).length]).toEqual([lib, 1]);
    }
  });

  it('has one door, with a list of names on it', () => {
    for (const lib of LIBS) {
      expect([lib, exists(`libs/${lib}/src/index.ts`)]).toEqual([lib, true]);
      expect([lib, indexOf(lib).filter(({ name }) => name === '*')]).toEqual([lib, []]);
    }
  });

  it('does not go out of its own door to come in again', () => {
    const roundabout = IMPORTS.filter(({ path, imports }) =>
      imports.some(({ module }) => module === `@etcd-ts/${libOf(path)}`),
    );
    expect(roundabout.map(({ path }) => path)).toEqual([]);
  });

  it('is pure where the lint rules for purity say so, and nowhere else', () => {
    const listed = /const PURE_LIBS = \[([^\]]*)\]/.exec(readText('eslint.config.mjs'))?.[1] ?? '';
    const inRules = [...listed.matchAll(/'([^']+)'/g)].map((match) => match[1]).sort();
    const tagged = LIBS.filter((lib) => readText(`libs/${lib}/project.json`).includes('"io:pure"'));
    expect(inRules).toEqual(tagged.sort());
  });
});

describe('every project', () => {
  it('is compiled with the same settings, so that all can be checked as one program', () => {
    const own = sourceFiles('tsconfig.json').filter(({ text }) => /compilerOptions/.test(text));
    expect(own.map(({ path }) => path)).toEqual([]);
  });
});

describe('every function, class and constant a lib exports', () => {
  // Types are free: they name the shapes in the signatures of the rest. What is generated is the
  // contract of the outside world, complete whether or not this program uses all of it.
  // An error's class is how a caller may tell it from others, whether or not one does today.
  it('is used by somebody outside the lib', () => {
    const used = new Set<string>();
    for (const { path, imports } of IMPORTS) {
      for (const { module, name } of imports) {
        const lib = /^@etcd-ts\/(.+)$/.exec(module)?.[1];
        if (lib !== undefined && lib !== libOf(path)) used.add(`${lib}#${name}`);
      }
    }
    const unused = LIBS.flatMap((lib) =>
      indexOf(lib)
        .filter(({ typeOnly, module }) => !typeOnly && !module.includes('/generated/'))
        .map(({ as }) => `${lib}#${as}`)
        .filter((name) => !name.endsWith('Error'))
        .filter((name) => !used.has(name) && !used.has(`${lib}#*`)),
    );
    const waiting = RATCHET.unusedExports.flatMap(({ names }) => names);
    expect(unused.sort()).toEqual(waiting.sort());
  });
});
