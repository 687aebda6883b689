import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { runCampaignCommand } from '@etcd-ts/testkit';

import { planOf, shortPlan } from '../run/plan.js';
import type { Plan } from '../run/plan.js';
import { simulate } from '../run/simulation.js';
import { campaign } from './campaign.js';
import { hunt } from './hunt.js';
import { measureSpeed } from './speed.js';
import { StderrLogger } from './stderr-logger.js';

/** Whose plans have their own pace. */
const YEARS = 'years';
/** Much happens in little time: what bugs are found by. */
const ROUGH = { durationMs: 15_000, faultEveryMs: 1500 };

void runCampaignCommand({
  name: 'simulate',
  purpose: 'simulated clusters, seed after seed, each judged',
  options: [
    { name: 'seeds', kind: 'count', default: '0', help: 'after which it ends; 0: any number' },
    { name: 'minutes', kind: 'number', default: '1', help: 'after which no seed begins' },
    { name: 'seed', kind: 'count', default: '1', help: 'the first' },
    {
      name: 'members',
      kind: 'count',
      default: '0',
      max: 7,
      help: 'of each cluster; 0: by the seed',
    },
    { name: 'profile', kind: 'text', default: '', help: 'of plans, one alone' },
    {
      name: 'virtual-seconds',
      kind: 'number',
      default: '0',
      help: 'of each seed; 0: as the profile has it, mostly 25',
    },
    {
      name: 'short',
      kind: 'switch',
      default: 'false',
      help: 'six rough seconds of each seed unless said, few requests: as every change is tried',
    },
    {
      name: 'steps',
      kind: 'switch',
      default: 'false',
      help: 'of calm years every heartbeat, too: slow',
    },
    { name: 'log', kind: 'switch', default: 'false', help: 'one seed, with what its members log' },
    { name: 'speed', kind: 'switch', default: 'false', help: 'virtual against real time' },
    {
      name: 'hunt',
      kind: 'switch',
      default: 'false',
      help: 'until a bug that was planted is found',
    },
    { name: 'rule', kind: 'text', default: '', help: 'with --hunt: that the bug breaks' },
  ],
  run: async (given, print) => {
    const { seed, seeds, minutes, members, profile, rule } = given;
    const virtualSeconds = given['virtual-seconds'];
    const options = {
      ...(virtualSeconds === 0 ? {} : { durationMs: virtualSeconds * 1000 }),
      steps: given.steps,
      ...(profile === '' ? {} : { profile }),
      ...(members === 0 ? {} : { members }),
    };
    if (given.hunt) {
      return hunt(
        { ...options, ...(profile === YEARS ? {} : ROUGH) },
        seed,
        rule === '' ? undefined : rule,
        print,
      );
    }
    if (given.speed) return measureSpeed(print);
    const planFor = (each: number): Plan => (given.short ? shortPlan : planOf)(each, options);
    if (given.log) {
      const result = await simulate(planFor(seed), { logger: new StderrLogger() });
      print(JSON.stringify({ ...result, plan: undefined }, undefined, 2));
      return result.finding === undefined ? 0 : 1;
    }
    return campaign({
      firstSeed: seed,
      seeds: seeds === 0 ? Infinity : seeds,
      minutes,
      planFor,
      again: [
        given.short ? ' --short' : '',
        profile === '' ? '' : ` --profile '${profile}'`,
        members === 0 ? '' : ` --members ${members}`,
        virtualSeconds === 0 ? '' : ` --virtual-seconds ${virtualSeconds}`,
        given.steps ? ' --steps' : '',
      ].join(''),
      logger: SILENT_LOGGER,
      print,
      isTerminal: process.stdout.isTTY,
    });
  },
});
