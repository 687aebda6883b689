// Feeds random input to whatever has a fuzz target, until a limit is reached:
//   npm run fuzz [-- TARGET...] [--target NAME] [--minutes M] [--cases N] [--rounds R] [--seed S]
//   npm run fuzz -- --share    the fixed small number of cases that every test run tries
//   npm run fuzz -- --list     the names of the targets
// --minutes are for all targets together (1, unless cases or rounds are given), --cases and --rounds
// for each. The exit code is 1 if anything was found, 2 if the command makes no sense.
//
// A target is a file src/fuzz/NAME.fuzz.ts of a lib or an app. It exports
//   round(seed): number | Promise<number>   one experiment that follows from its seed alone, throws when
//                                           something is wrong, and answers how many cases it tried; a
//                                           case is one input: a frame, a message, a file
//   shareCases?: number                     how many cases are its share in a test run
//   foundSeeds?: readonly number[]          seeds that have found something, tried first in every run
// A round should take milliseconds: long enough not to be all overhead, short enough to repeat.
//
// Each target has a process of its own (process.mjs). Besides what a round throws, these are findings:
// a rejection nobody handles, an exception nobody catches, a round that does not end, a heap that keeps
// growing, and the end of the process.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { campaign } from './campaign.mjs';
import { findTargets, root } from './targets.mjs';

const DEFAULT_MINUTES = 1;
const SHARE_SEED = 1;

const NUMBERS = {
  minutes: { least: 0 },
  cases: { least: 1, whole: true },
  rounds: { least: 1, whole: true },
  seed: { least: 0, whole: true },
};

process.exitCode = await main();

async function main() {
  const targets = findTargets();
  const command = read(targets);
  if (typeof command === 'string') {
    console.error(command);
    console.error(
      'usage: fuzz [TARGET]... [--minutes M] [--cases N] [--rounds R] [--seed S] | --share | --list',
    );
    return 2;
  }
  if (command.list) {
    for (const [name, { owner }] of targets) console.log(`${name.padEnd(20)} ${owner}`);
    return 0;
  }
  const results = [];
  for (const name of command.names) results.push(await run(name, targets.get(name), command));
  console.log(table(results));
  return results.some(({ finding }) => finding !== undefined) ? 1 : 0;
}

async function run(name, target, command) {
  // Another run of the same target may be under way.
  const outfile = join(root, 'dist', 'tools', 'fuzz', `${name}.${process.pid}.cjs`);
  // Loaded late: what only lists, or refuses, need not wait for the bundler.
  const { bundle } = await import('./bundle.mjs');
  await bundle(target.file, outfile);
  try {
    return await campaign(name, outfile, command.limits, (text) => console.log(text));
  } finally {
    rmSync(outfile, { force: true });
  }
}

/** What to do, or what is wrong with the command. */
function read(targets) {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        target: { type: 'string', multiple: true, default: [] },
        minutes: { type: 'string' },
        cases: { type: 'string' },
        rounds: { type: 'string' },
        seed: { type: 'string' },
        share: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return error.message;
  }
  const { values, positionals } = parsed;
  const asked = [...positionals, ...values.target];
  const names = asked.length === 0 ? [...targets.keys()] : asked;
  const unknown = names.find((name) => !targets.has(name));
  if (unknown !== undefined) return `no such target: ${unknown}; --list has their names`;
  const numbers = {};
  for (const [name, { least, whole }] of Object.entries(NUMBERS)) {
    if (values[name] === undefined) continue;
    const value = values[name].trim() === '' ? NaN : Number(values[name]);
    if (!Number.isFinite(value) || value < least || (whole && !Number.isSafeInteger(value))) {
      return `--${name} is no number it can be: ${values[name]}`;
    }
    numbers[name] = value;
  }
  return { list: values.list, names, limits: limitsOf(numbers, values.share, names.length) };
}

function limitsOf({ minutes, cases, rounds, seed }, share, targetCount) {
  const endless = !share && cases === undefined && rounds === undefined;
  const all = minutes ?? (endless ? DEFAULT_MINUTES : Infinity);
  return {
    seed: seed ?? (share ? SHARE_SEED : Date.now() % 2 ** 31),
    milliseconds: (all * 60_000) / targetCount,
    cases: cases ?? Infinity,
    rounds: rounds ?? Infinity,
    share,
  };
}

function table(results) {
  const rows = results.map((result) => [
    result.name,
    String(result.cases),
    String(result.rounds),
    String(Math.round((result.cases * 1000) / Math.max(1, result.milliseconds))),
    `${Math.round(result.peakBytes / 2 ** 20)} MiB`,
    result.finding ?? 'nothing',
  ]);
  const head = ['target', 'cases', 'rounds', 'cases/s', 'memory', 'found'];
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column].length)),
  );
  const line = (row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ');
  return [head, ...rows].map((row) => line(row).trimEnd()).join('\n');
}
