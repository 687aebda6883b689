// Feeds random input to whatever has a fuzz target, for as long as it is told:
//   npm run fuzz [-- TARGET...] [--minutes M] [--seed S] [--rounds R]
// A target is a file libs/LIB/src/fuzz/NAME.fuzz.ts that exports `round(seed)`: one experiment, which
// throws when something is wrong. The seed printed then repeats it: --seed S --rounds 1.
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SUFFIX = '.fuzz.ts';
/** Between two signs of life. */
const REPORT_MS = 30_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    rounds: { type: 'string', default: 'Infinity' },
  },
});
const minutes = Number(values.minutes);
const firstSeed = Number(values.seed);
const maxRounds = Number(values.rounds);

const targets = findTargets();
const chosen = positionals.length === 0 ? [...targets.keys()] : positionals;
if (chosen.some((name) => !targets.has(name)) || ![minutes, firstSeed].every(Number.isFinite)) {
  console.error(`usage: fuzz [${[...targets.keys()].join('|')}]... --minutes M --seed S`);
  process.exit(2);
}
for (const name of chosen) await campaign(name, targets.get(name), minutes / chosen.length);

function findTargets() {
  const found = new Map();
  for (const lib of readdirSync(join(ROOT, 'libs'))) {
    const directory = join(ROOT, 'libs', lib, 'src', 'fuzz');
    if (!existsSync(directory)) continue;
    for (const file of readdirSync(directory)) {
      if (file.endsWith(SUFFIX)) found.set(file.slice(0, -SUFFIX.length), join(directory, file));
    }
  }
  return found;
}

async function campaign(name, file, forMinutes) {
  const { round } = await load(name, file);
  const started = performance.now();
  const until = started + forMinutes * 60_000;
  let reported = started;
  let rounds = 0;
  for (; rounds < maxRounds && performance.now() < until; rounds++) {
    const seed = firstSeed + rounds;
    try {
      await round(seed);
    } catch (error) {
      console.error(`${name}: seed ${seed} found something:`, error);
      console.error(`again: npm run fuzz -- ${name} --seed ${seed} --rounds 1`);
      process.exit(1);
    }
    if (performance.now() - reported < REPORT_MS) continue;
    reported = performance.now();
    console.log(`${name}: ${rounds + 1} rounds, seed ${seed}`);
  }
  console.log(`${name}: ${rounds} rounds from seed ${firstSeed}, nothing found`);
}

async function load(name, file) {
  const outfile = join(ROOT, 'dist', 'tools', 'fuzz', `${name}.cjs`);
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    tsconfig: join(ROOT, 'tsconfig.base.json'),
    logLevel: 'warning',
  });
  process.setSourceMapsEnabled(true);
  return createRequire(import.meta.url)(outfile);
}
