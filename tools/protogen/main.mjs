// Generates libs/wire-protocol/src/generated from proto/, offline: buf is the compiler, ts-proto the
// plugin, proto/buf.gen.yaml its options.
//
//   node tools/protogen/main.mjs                 writes the code
//   node tools/protogen/main.mjs --check [DIR]   writes nothing; exits 1 when DIR (by default the
//                                                checked-in code) is not what would be written
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { amend } from './src/amend.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const GENERATED = path.join(ROOT, 'libs/wire-protocol/src/generated');

function generateInto(directory) {
  const binaries = path.join(ROOT, 'node_modules/.bin');
  execFileSync(path.join(binaries, 'buf'), ['generate', '--output', directory], {
    cwd: path.join(ROOT, 'proto'),
    // buf looks plugins up on the path.
    env: { ...process.env, PATH: `${binaries}${path.delimiter}${process.env.PATH}` },
    stdio: 'inherit',
  });
  for (const [name, source] of contents(directory)) {
    writeFileSync(path.join(directory, name), amend(source));
  }
}

/** Path -> content of every file below the directory. */
function contents(directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  return new Map(files.map((file) => [path.relative(directory, file), readFileSync(file, 'utf8')]));
}

function differences(expectedDirectory, actualDirectory) {
  const expected = contents(expectedDirectory);
  const actual = contents(actualDirectory);
  const names = [...new Set([...expected.keys(), ...actual.keys()])].sort();
  return names.filter((name) => expected.get(name) !== actual.get(name));
}

const [mode, checkedDirectory = GENERATED] = process.argv.slice(2);
// Generated beside the real thing first: a failing compiler must not leave half a tree behind.
const fresh = mkdtempSync(path.join(tmpdir(), 'protogen-'));
try {
  generateInto(fresh);
  if (mode === '--check') {
    const stale = differences(fresh, checkedDirectory);
    for (const name of stale) console.error(`not what proto/ generates: ${name}`);
    if (stale.length > 0) {
      console.error('run: node tools/protogen/main.mjs');
      process.exitCode = 1;
    }
  } else {
    rmSync(GENERATED, { recursive: true, force: true });
    cpSync(fresh, GENERATED, { recursive: true });
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
