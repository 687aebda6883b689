// What `npm test` runs: builds the apps, then every test of every project. Those of e2e come last
// and two at a time, however many processors there are: each starts servers, loads disks and waits.
// Beside them clusters are simulated, unless only some tests are asked for.
//
//   node tools/test/main.mjs [JEST ARGUMENTS]            build and test
//   node tools/test/main.mjs --checks [JEST ARGUMENTS]   before that: formatting, generated code,
//                                                        types, lint (this is `npm run ok`)
//
// Everything runs even when an earlier step failed, so that one run shows all there is to mend; the
// exit code is 0 only when nothing failed. Files in which tests only ran out of time get a second go,
// alone (second-go.mjs).
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { counts, filesOutOfTime } from './second-go.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A hang must end the run with a name, not with a patience. */
const STEP_LIMIT_MS = 60 * 60 * 1000;
/** Short ones; a machine with nothing else to do has them in three minutes. */
const SEEDS = 2000;
/** Of members that stop in the midst of their work, which is none of the usual faults. */
const SEEDS_OF_NAMED_POINTS = 100;
/** Longer than a step may take: a simulation whose time is over ends well, with fewer seeds. */
const SEEDS_MINUTES = (2 * STEP_LIMIT_MS) / 60_000;
/** What the tests of e2e start; a launcher that finds no bundle would build it in the middle of one. */
const APPS = ['etcd', 'etcdctl', 'etcdutl', 'discovery', 'srv-resolver'];
const SCRATCH = mkdtempSync(join(tmpdir(), 'etcd-ts-test-'));

const tool = (name) => join(ROOT, 'node_modules/.bin', name);
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs a command; what it prints is shown at once, or (`quiet`) its last line, and all if it fails. */
function run(command, args, { quiet = false, isPatient = false, forbidden } = {}) {
  return new Promise((resolve) => {
    const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    if (isPatient && child.pid) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    const limit = setTimeout(() => child.kill('SIGKILL'), STEP_LIMIT_MS);
    const output = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output.push(chunk);
        if (!quiet) process.stdout.write(chunk);
      });
    }
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code) => {
      clearTimeout(limit);
      const text = Buffer.concat(output).toString();
      const passed = code === 0 && !(forbidden !== undefined && text.includes(forbidden));
      if (quiet) process.stdout.write(passed ? lastLine(text) : text);
      resolve(passed);
    });
  });
}

const lastLine = (text) => text.slice(text.lastIndexOf('\n', text.length - 2) + 1);

const failures = [];

async function step(name, action) {
  const begun = performance.now();
  process.stdout.write(`--- ${name}\n`);
  const passed = await action();
  if (!passed) failures.push(name);
  process.stdout.write(`--- ${name}: ${passed ? 'ok' : 'FAILED'} (${seconds(begun)})\n`);
}

async function checks() {
  await step('format', () => run(tool('prettier'), ['--check', '--log-level', 'warn', '.']));
  await step('generated code', () => run(process.execPath, ['tools/protogen/main.mjs', '--check']));
  // All projects have the same settings (tools/tidy sees to it), so they are checked as one program:
  // one project after the other would read every lib again for each that uses it, seven times as long.
  await step('types', () => run(tool('tsc'), ['--noEmit', '-p', 'tools/test']));
  // The boundary rule reads nx's graph from its cache and, without one, lets everything pass with
  // a warning; so the graph comes first, and the warning is a failure.
  await step('project graph', () =>
    run(tool('nx'), ['graph', `--file=${join(SCRATCH, 'graph.json')}`], { quiet: true }),
  );
  await step('lint', lint);
}

/** In parts: the types of all projects together are more than one process may have on its heap. */
async function lint() {
  const forbidden = 'The rule will be skipped';
  // By name: a pattern that matches directories only is no file to eslint.
  const libs = readdirSync(join(ROOT, 'libs')).map((name) => `libs/${name}`);
  const half = Math.ceil(libs.length / 2);
  const parts = [libs.slice(0, half), libs.slice(half), ['.', '--ignore-pattern', 'libs/**']];
  const passed = await Promise.all(parts.map((part) => run(tool('eslint'), part, { forbidden })));
  return passed.every(Boolean);
}

/** One failure if Jest did not get far enough to have results. */
function readCounts(file, secondFile) {
  return existsSync(file) ? counts(file, secondFile) : { passed: 0, failed: 1 };
}

async function tests(name, args) {
  const results = join(SCRATCH, `${name}.json`);
  const jest = (file, more) =>
    run(tool('jest'), ['--json', `--outputFile=${file}`, '--passWithNoTests', ...more]);
  let late = [];
  await step(name, async () => {
    const passed = await jest(results, args);
    if (!passed && existsSync(results)) late = filesOutOfTime(results);
    return passed;
  });
  if (late.length === 0) return readCounts(results);
  const again = join(SCRATCH, `${name}-again.json`);
  const secondGo = `${name}, alone, that ran out of time beside others`;
  await step(secondGo, () => jest(again, ['--runInBand', '--runTestsByPath', ...late]));
  const counted = readCounts(results, existsSync(again) ? again : undefined);
  // What is left of the first run's failure are the tests that are counted.
  if (counted.failed === 0) failures.splice(failures.indexOf(name), 1);
  return counted;
}

/** Simulated clusters, judged seed after seed, on what the tests beside it leave of the processors. */
async function simulations() {
  const usual = await simulate('--seeds', `${SEEDS}`);
  const special = await simulate(
    '--profile',
    'named points',
    '--seeds',
    `${SEEDS_OF_NAMED_POINTS}`,
  );
  return usual && special;
}

const simulate = (...options) =>
  run(
    process.execPath,
    ['tools/simulate/main.mjs', '--short', '--minutes', `${SEEDS_MINUTES}`, ...options],
    { quiet: true, isPatient: true },
  );

async function main(args) {
  const withChecks = args.includes('--checks');
  const jestArgs = args.filter((arg) => arg !== '--checks');
  if (withChecks) await checks();
  await step('build', () => run(process.execPath, ['tools/build/main.mjs', ...APPS]));
  const counted = [
    await tests('tests', ['--ignoreProjects', 'e2e', '--maxWorkers=100%', ...jestArgs]),
  ];
  // The tests of e2e wait a lot, for elections and timeouts; it takes what they leave.
  const simulated = jestArgs.length === 0 ? simulations() : undefined;
  counted.push(
    await tests('e2e tests', ['--selectProjects', 'e2e', '--maxWorkers=2', ...jestArgs]),
  );
  if (simulated) await step('the rest of the simulated clusters', () => simulated);
  rmSync(SCRATCH, { recursive: true, force: true });
  for (const name of failures) process.stdout.write(`failed: ${name}\n`);
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const passed = sum(counted.map((each) => each.passed));
  // The last line is for machines, so it counts the other steps as well.
  const steps = failures.filter((name) => !/\btests\b/u.test(name)).length;
  const failed = sum(counted.map((each) => each.failed)) + steps;
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failures.length === 0 && failed === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
