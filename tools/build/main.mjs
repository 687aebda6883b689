// node tools/build/main.mjs APP... [--failpoints]
// Bundles apps/APP/src/main.ts, with every lib it uses, to dist/apps/APP/main.cjs; with --failpoints
// a program that can be made to crash at named points, to dist/apps/APP/main.failpoints.cjs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Addons load their binaries from beside themselves: they stay in node_modules. */
const EXTERNAL = ['@node-rs/bcrypt', 'better-sqlite3', 'koffi'];

/** Programs that people wait for: Node compiles half the text in half the time. */
const MINIFIED = ['etcdctl'];

/** What the bundle is made from; `-dirty` when that is not a commit alone. */
function commit() {
  const options = { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
  const describe = ['describe', '--always', '--dirty', '--abbrev=9', '--exclude=*'];
  try {
    return execFileSync('git', describe, options).trim();
  } catch {
    // A source archive has no repository; whoever builds from one may say what it is.
    return process.env.ETCD_TS_COMMIT ?? 'unknown';
  }
}

async function bundle(app, withFailpoints) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const started = new Date();
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [`apps/${app}/src/main.ts`],
    outfile: `dist/apps/${app}/${withFailpoints ? 'main.failpoints' : 'main'}.cjs`,
    // Statements with this label make a program fail: no other build contains them.
    dropLabels: withFailpoints ? [] : ['FAILPOINT'],
    write: false,
    bundle: true,
    minify: MINIFIED.includes(app),
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: true,
    sourcesContent: false,
    tsconfig: 'tsconfig.base.json',
    external: EXTERNAL,
    define: { BUILD_VERSION: JSON.stringify(version), BUILD_COMMIT: JSON.stringify(commit()) },
    legalComments: 'none',
    logLevel: 'warning',
  });
  // The map first: whoever sees the new bundle finds its map.
  const maps = result.outputFiles.filter((file) => file.path.endsWith('.map'));
  const code = result.outputFiles.filter((file) => !file.path.endsWith('.map'));
  for (const file of [...maps, ...code]) publish(file, started);
}

/**
 * Written under a name of its own and renamed: a process that starts meanwhile sees the old bundle
 * or the new one, never half of one. The time is that of the build's begin, so that a source saved
 * during the build is newer than the bundle it did not get into.
 */
function publish({ path, contents }, started) {
  const unfinished = join(dirname(path), `.${basename(path)}.${process.pid}`);
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(unfinished, contents);
    utimesSync(unfinished, started, started);
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

const args = process.argv.slice(2);
const withFailpoints = args.includes('--failpoints');
const apps = args.filter((arg) => !arg.startsWith('--'));
if (apps.length === 0) {
  process.stderr.write('usage: node tools/build/main.mjs APP... [--failpoints]\n');
  process.exit(2);
}
for (const app of apps) await bundle(app, withFailpoints);
