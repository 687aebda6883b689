// Simulates clusters, seed after seed:
//   npm run simulate -- --seeds 200 --minutes 5 [--seed FIRST] [--members 1..7] [--virtual-seconds 25]
//                       [--profile NAME]                 plans of one kind, see libs/simulator/src/run/profile.ts
//   npm run simulate -- --short --seeds 2000 --minutes 60       what every change is tried with
//   npm run simulate -- --seed 4711 --seeds 1 --log      one seed, with what its members log
//   npm run simulate -- --mutants [NAME...]              known bugs, to see that they are found
//   npm run simulate -- --mutants --build                only builds them: each must fit the sources
//   npm run simulate -- --speed                          virtual against real time, under light load
import { spawn } from 'node:child_process';

import { bundle, root } from './bundle.mjs';
import { MUTANTS } from './mutants.mjs';

const args = process.argv.slice(2);
if (args[0] === '--mutants' && args[1] === '--build') await buildMutants();
else if (args[0] === '--mutants') process.exitCode = await huntMutants(args.slice(1));
else {
  const outfile = await bundle();
  const { code } = await run(['--enable-source-maps', outfile, ...args], 'inherit');
  process.exitCode = code;
}

/** Throws when one does not fit the sources any more. */
async function buildMutants() {
  for (const mutant of MUTANTS) await bundle(mutant);
  console.log(`${MUTANTS.length} mutants fit the sources`);
}

/** 0 if every one was found. */
async function huntMutants(names) {
  const unknown = names.filter((name) => !MUTANTS.some((mutant) => mutant.name === name));
  if (unknown.length > 0) throw new Error(`no such mutant: ${unknown.join(', ')}`);
  let survivors = 0;
  for (const mutant of MUTANTS) {
    if (names.length > 0 && !names.includes(mutant.name)) continue;
    const outfile = await bundle(mutant);
    const { output } = await run([outfile, '--hunt', ...(mutant.options ?? [])], 'pipe');
    const last = output.trim().split('\n').at(-1) ?? '';
    if (!last.startsWith('found ')) survivors++;
    console.log(`${mutant.name}: ${last}`);
  }
  return survivors === 0 ? 0 : 1;
}

/** One core each. */
function run(argv, stdout) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, argv, {
      cwd: root,
      stdio: ['ignore', stdout, 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
