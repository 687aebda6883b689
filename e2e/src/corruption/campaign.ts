import { basename, join } from 'node:path';

import { assert, must, SeededRng } from '@etcd-ts/foundation';

import { Workload } from '../crash-images/workload.js';
import { DirectoryImage } from '../stored-state/directory-image.js';
import { type LoggedLine, openMemberAt } from '../stored-state/opened-member.js';
import { readState, type StoredState } from '../stored-state/state-digest.js';
import { type Damage, damaged, type FileKind, randomDamage } from './damage.js';
import { type EverythingRead, readEverything } from './history-reads.js';

/** Enough for several segments and snapshots, a compaction and pages of every kind. */
const OPERATIONS = 250;

/**
 * - named: refused at the start, or stopped at a read, with the file and the place in the message
 * - refused: the same without one of them
 * - repaired: what was damaged was put aside or written anew, and nothing is missing
 * - harmless: every answer is the right one
 * - silent: an answer is wrong
 */
export type Outcome = 'named' | 'refused' | 'repaired' | 'harmless' | 'silent';

export interface CampaignTerms {
  readonly folder: string;
  readonly flips: number;
  readonly seed: number;
  /** Undefined: all of them. */
  readonly kind: string | undefined;
  readonly onProgress: (report: CampaignReport) => void;
  /** Of an outcome that should not be, with what is needed to look into it. */
  readonly onRemark: (outcome: Outcome, text: string) => void;
}

export interface CampaignReport {
  readonly outcomes: Map<FileKind, Map<Outcome, number>>;
  flips: number;
}

/** The directories to damage: of a member that was stopped, and of one that was killed. */
interface Original {
  readonly image: DirectoryImage;
  readonly everything: EverythingRead;
}

export async function runCampaign(terms: CampaignTerms): Promise<CampaignReport> {
  const rng = new SeededRng(terms.seed);
  const originals = await makeOriginals(terms.folder, rng);
  const report: CampaignReport = { outcomes: new Map(), flips: 0 };
  const directory = join(terms.folder, 'damaged');
  while (report.flips < terms.flips) {
    const { image, everything } = must(originals[rng.below(originals.length)], 'an original');
    const damage = randomDamage(image, rng, terms.kind);
    if (damage === undefined) continue;
    report.flips++;
    damaged(image, damage).writeTo(directory);
    const { outcome, text } = await outcomeOf(directory, everything, damage);
    const counts = report.outcomes.get(damage.kind) ?? new Map<Outcome, number>();
    report.outcomes.set(damage.kind, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
    if (outcome === 'silent' || outcome === 'refused') {
      const { file, offset, bit } = damage;
      terms.onRemark(outcome, `${file}, offset ${offset}, bit ${bit}: ${text}`);
    }
    terms.onProgress(report);
  }
  return report;
}

async function makeOriginals(folder: string, rng: SeededRng): Promise<readonly Original[]> {
  const directory = join(folder, 'original');
  const opened = await openMemberAt(directory);
  const { server } = opened.member;
  const workload = new Workload({ server, rng, acknowledged: () => undefined }, new Map(), {
    next: 0,
  });
  let state: StoredState | undefined = await readState(server);
  while (workload.operations < OPERATIONS) {
    state = (await workload.wave(must(state, 'a state'))).at(-1) ?? state;
  }
  const everything = await readEverything(server);
  // Nothing of this process runs meanwhile: the files of a member that is killed now.
  const killed = DirectoryImage.read(directory);
  await opened.stop();
  const stopped = DirectoryImage.read(directory);
  for (const image of [killed, stopped]) {
    image.writeTo(join(folder, 'undamaged'));
    const { outcome, text } = await outcomeOf(join(folder, 'undamaged'), everything);
    assert(outcome === 'harmless', () => `without damage: ${outcome}: ${text}`);
  }
  return [
    { image: killed, everything },
    { image: stopped, everything },
  ];
}

interface Found {
  readonly outcome: Outcome;
  readonly text: string;
}

async function outcomeOf(
  directory: string,
  everything: EverythingRead,
  damage?: Damage,
): Promise<Found> {
  const lines: LoggedLine[] = [];
  try {
    const opened = await openMemberAt(directory, lines);
    try {
      const read = await readEverything(opened.member.server);
      const difference = differenceOf(read, everything);
      if (difference !== undefined) return { outcome: 'silent', text: difference };
    } finally {
      await opened.stop();
    }
  } catch (error) {
    return refusal(String(error), damage);
  }
  const repair = lines.find(({ message }) => /repair|broken|bad snapshot/u.test(message));
  return repair === undefined
    ? { outcome: 'harmless', text: '' }
    : { outcome: 'repaired', text: repair.message };
}

/** The place is a number of the file: an offset, a page, a row; SQLite's own checks name no place. */
function refusal(text: string, damage: Damage | undefined): Found {
  const name = basename(damage?.file ?? '');
  const namesFile = text.includes(name.replace(/-wal$/u, ''));
  const namesPlace = /offset \d+|revisions? \d+|row .* of bucket|page \d+|header/u.test(text);
  return { outcome: namesFile && namesPlace ? 'named' : 'refused', text };
}

function differenceOf(read: EverythingRead, everything: EverythingRead): string | undefined {
  const now = JSON.stringify(read.state);
  const before = JSON.stringify(everything.state);
  if (now !== before) return `the state is ${now}, was ${before}`;
  const at = everything.past.findIndex(
    (state, i) => JSON.stringify(state) !== JSON.stringify(read.past[i]),
  );
  if (at >= 0) return `revision ${must(everything.past[at], 'there').revision} is another`;
  return read.events === everything.events ? undefined : 'a watcher gets other events';
}
