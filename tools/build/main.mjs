// node tools/build/main.mjs APP... [--failpoints]
// Bundles apps/APP/src/main.ts, with every lib it uses, to dist/apps/APP/program.HASH.cjs, and beside it
// main.cjs, which starts it; with --failpoints a program that can be made to crash at named points, to
// dist/apps/APP/main.failpoints.cjs.
import { execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { LatePackages } from './late-packages.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Addons load their binaries from beside themselves: they stay in node_modules. */
const EXTERNAL = ['@node-rs/bcrypt', 'better-sqlite3', 'koffi'];
/** A plain member uses none of them. Addons are not for here: they are files in node_modules. */
const LATE = ['@grpc/grpc-js', 'asn1js', 'dns-packet', 'jose', 'pkijs', 'ws', 'yaml'];

/** Programs that people wait for: names too are shortened, and stacks then tell only places. */
const SHORTENED = ['etcdctl'];
/** V8 keeps the text as long as the program runs; its stacks name lines as well as columns. */
const LINE_CHARACTERS = 200;

/** As node wraps a module; in the file, because to add it at the start makes a copy of the whole text. */
const WRAPPED = {
  banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
  footer: { js: '})' },
};

/** Nobody is reached, and nothing is left behind. */
const ANY_PORT = 'http://127.0.0.1:0';
/**
 * A run of each program that compiles what its users wait for; V8's code of it is saved, so that even
 * the first start has it. `until`: what a program says that goes on, when it has compiled enough.
 */
const FIRST_RUNS = {
  etcd: {
    args: [
      ...['--listen-client-urls', ANY_PORT, '--advertise-client-urls', ANY_PORT],
      ...['--listen-peer-urls', ANY_PORT],
    ],
    until: 'ready to serve client requests',
  },
  etcdctl: { args: ['get', 'a', '--endpoints', '127.0.0.1:1', '--command-timeout', '100ms'] },
  etcdutl: { args: ['snapshot', 'status', '/dev/null'] },
};
/** Programs of former builds that are running may still read their maps. */
const KEPT_MS = 600_000;
/** A first run that hangs is none; the programs start without, only slower. */
const FIRST_RUN_LIMIT_MS = 20_000;

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
  const directory = join(ROOT, 'dist', 'apps', app);
  const common = {
    absWorkingDir: ROOT,
    outdir: directory,
    outExtension: { '.js': '.cjs' },
    write: false,
    bundle: true,
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: LINE_CHARACTERS,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: EXTERNAL,
    legalComments: 'none',
    logLevel: 'warning',
  };
  const late = new LatePackages(LATE, common);
  const result = await build({
    ...common,
    entryPoints: [`apps/${app}/src/main.ts`],
    entryNames: withFailpoints ? 'main.failpoints' : 'program.[hash]',
    // Statements with this label make a program fail: no other build contains them.
    dropLabels: withFailpoints ? [] : ['FAILPOINT'],
    ...(!withFailpoints && WRAPPED),
    minifyIdentifiers: SHORTENED.includes(app),
    sourcemap: true,
    sourcesContent: false,
    tsconfig: 'tsconfig.base.json',
    plugins: [late.plugin],
    inject: ['tools/build/globals.js'],
    define: { BUILD_VERSION: JSON.stringify(version), BUILD_COMMIT: JSON.stringify(commit()) },
  });
  // Never removed: a new one comes with a new version of a package, and those are rare.
  const lateFile = await late.file;
  if (lateFile !== undefined) publish(lateFile, started);
  // The map first: whoever sees the new bundle finds its map.
  const maps = result.outputFiles.filter((file) => file.path.endsWith('.map'));
  const code = result.outputFiles.filter((file) => !file.path.endsWith('.map'));
  for (const file of [...maps, ...code]) publish(file, started);
  if (withFailpoints) return;
  const [{ path }] = code;
  // Last: it is what tells whether a bundle is stale.
  publish({ path: join(directory, 'main.cjs'), contents: startOf(basename(path)) }, started);
  removeFormer(directory, basename(path));
  const firstRun = FIRST_RUNS[app];
  if (firstRun !== undefined) await runOnce(firstRun, join(directory, 'main.cjs'));
}

const startOf = (program) =>
  readFileSync(join(ROOT, 'tools', 'build', 'start.cjs'), 'utf8').replace('{{program}}', program);

function removeFormer(directory, program) {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith('program.') || name.startsWith(program)) continue;
    const path = join(directory, name);
    if (Date.now() - statSync(path, { throwIfNoEntry: false })?.mtimeMs > KEPT_MS) {
      rmSync(path, { force: true });
    }
  }
}

/** Resolves when the code is saved, or will not be: the program starts without it then, only slower. */
async function runOnce({ args, until }, main) {
  const directory = mkdtempSync(join(tmpdir(), 'etcd-ts-first-run-'));
  const env = { PATH: process.env.PATH };
  const options = { cwd: directory, env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] };
  const child = spawn(process.execPath, [main, ...args], options);
  const limit = setTimeout(() => child.kill('SIGKILL'), FIRST_RUN_LIMIT_MS);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
    if (child.connected && until !== undefined && said.includes(until)) child.send('save code');
  });
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(limit);
  rmSync(directory, { recursive: true, force: true });
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
