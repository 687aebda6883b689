import { parseArgs } from 'node:util';
import { SILENT_LOGGER } from '@etcd-ts/foundation';

import { planOf } from '../run/plan.js';
import { simulate } from '../run/simulation.js';
import { campaign } from './campaign.js';
import { hunt } from './hunt.js';
import { measureSpeed } from './speed.js';
import { StderrLogger } from './stderr-logger.js';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: 'Infinity' },
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    members: { type: 'string' },
    profile: { type: 'string' },
    'virtual-seconds': { type: 'string', default: '25' },
    log: { type: 'boolean', default: false },
    speed: { type: 'boolean', default: false },
    hunt: { type: 'boolean', default: false },
    rule: { type: 'string' },
  },
});

/** Much happens in little time: what bugs are found by. */
const ROUGH = { durationMs: 15_000, faultEveryMs: 1500 };

async function main(): Promise<number> {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const options = {
    durationMs: Number(values['virtual-seconds']) * 1000,
    ...(values.profile === undefined ? {} : { profile: values.profile }),
    ...(values.members === undefined ? {} : { members: Number(values.members) }),
  };
  if (values.hunt) {
    return hunt({ ...options, ...ROUGH }, Number(values.seed), values.rule, print);
  }
  if (values.speed) return measureSpeed(print);
  if (values.log) {
    const plan = planOf(Number(values.seed), options);
    const result = await simulate(plan, { logger: new StderrLogger() });
    print(JSON.stringify({ ...result, plan: undefined }, undefined, 2));
    return result.finding === undefined ? 0 : 1;
  }
  return campaign({
    firstSeed: Number(values.seed),
    seeds: Number(values.seeds),
    minutes: Number(values.minutes),
    options,
    logger: SILENT_LOGGER,
    print,
    isTerminal: process.stdout.isTTY,
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  },
);
