import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { SeededRng } from '@etcd-ts/foundation';
import { runCommand } from '@etcd-ts/testkit';

import type { StoredState } from '../stored-state/state-digest.js';
import { crashImage } from './crash-image.js';
import { ImageCheck } from './image-check.js';
import { RecordedDisk } from './recorded-disk.js';
import { CALLS, DATA, HISTORY, MARKS } from './recording-layout.js';
import { type Survival, SURVIVALS, survivors } from './survival.js';
import { readSystemCalls, STRACE_OPTIONS, stringsOf, type SystemCall } from './system-calls.js';

const RECORDING_TIMEOUT_MS = 600_000;

export interface CampaignTerms {
  /** On a real file system; made if it is not there. */
  readonly folder: string;
  /** Where the images are built and opened. What matters was recorded elsewhere, so memory will do. */
  readonly imageFolder: string;
  /** The bundle of recording-main. */
  readonly recorder: string;
  readonly operations: number;
  readonly seed: number;
  /** Of each way of survival, at each boundary where it makes a difference; by chance above 1. */
  readonly share: number;
  /** As if no fsync did anything: violations must be found. */
  readonly lyingDisk?: boolean;
  readonly onProgress: (report: CampaignReport) => void;
  /** At once, and again in the report. */
  readonly onViolation: (text: string) => void;
}

export interface CampaignReport {
  /** Moments at which something had changed that a crash would show. */
  boundaries: number;
  /** All of them built, those that are equal to an earlier one included. */
  images: number;
  /** Different ones, each of which a member was started from. */
  starts: number;
  /** Of those, that differ from what a killed process alone would leave. */
  powerLosses: number;
  readonly violations: string[];
}

/** Records a member's system calls, and starts one from every state that a crash might have left. */
export class CrashImageCampaign {
  readonly #terms: CampaignTerms;
  readonly #check: ImageCheck;
  readonly #disk: RecordedDisk;
  readonly #rng: SeededRng;
  /** Digests of images, and the state a member recovered from each. */
  readonly #known = new Map<string, number>();
  #marksFd = -1;
  /** The state that had been acknowledged, at least. */
  #acknowledged = 0;
  readonly #report: CampaignReport = {
    boundaries: 0,
    images: 0,
    starts: 0,
    powerLosses: 0,
    violations: [],
  };

  private constructor(terms: CampaignTerms, history: readonly StoredState[]) {
    this.#terms = terms;
    this.#check = new ImageCheck(history);
    this.#disk = new RecordedDisk(join(terms.folder, DATA), terms.lyingDisk);
    this.#rng = new SeededRng(terms.seed);
  }

  static async run(terms: CampaignTerms): Promise<CampaignReport> {
    await record(terms);
    const history = JSON.parse(readFileSync(join(terms.folder, HISTORY), 'utf8')) as StoredState[];
    const campaign = new CrashImageCampaign(terms, history);
    for await (const call of readSystemCalls(join(terms.folder, CALLS))) await campaign.#take(call);
    return campaign.#report;
  }

  async #take(call: SystemCall): Promise<void> {
    if (this.#isMark(call)) return;
    if (!this.#disk.apply(call)) return;
    this.#report.boundaries++;
    for (const survival of SURVIVALS) {
      if (this.#rng.below(1_000_000) >= this.#terms.share * 1_000_000) continue;
      await this.#try(survival, call);
    }
    this.#terms.onProgress(this.#report);
  }

  #isMark(call: SystemCall): boolean {
    if (call.phase === 'begin') return false;
    const [text = ''] = stringsOf(call.args).map(String);
    if (call.name === 'openat' && text === join(this.#terms.folder, MARKS)) {
      this.#marksFd = call.result;
    }
    if (call.name !== 'write' || Number.parseInt(call.args, 10) !== this.#marksFd) return false;
    const [kind, number] = text.trim().split(' ');
    const state =
      kind === 'states' ? Number(number) - 1 : this.#check.stateOfRevision(Number(number));
    this.#acknowledged = Math.max(this.#acknowledged, state);
    return true;
  }

  async #try(survival: Survival, call: SystemCall): Promise<void> {
    const image = crashImage(this.#disk.root, survivors(survival, this.#rng));
    this.#report.images++;
    const digest = image.digest();
    const recovered = this.#known.get(digest);
    if (recovered !== undefined && recovered >= this.#acknowledged) return;
    const directory = join(this.#terms.imageFolder, 'image');
    image.writeTo(directory);
    const verdict = await this.#check.judge(directory, this.#acknowledged);
    this.#report.starts++;
    if (survival !== 'everything') this.#report.powerLosses++;
    if (verdict.kind === 'recovered') this.#known.set(digest, verdict.state);
    else {
      const { boundaries } = this.#report;
      const text = `boundary ${boundaries} (after ${call.name}), of the unsynced: ${survival}: ${verdict.text}`;
      this.#report.violations.push(text);
      image.writeTo(join(this.#terms.folder, `violation-${this.#report.violations.length}`));
      this.#terms.onViolation(text);
    }
  }
}

async function record({ folder, recorder, operations, seed }: CampaignTerms): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const program = [process.execPath, recorder, folder, String(operations), String(seed)];
  const { exitCode, stderr } = await runCommand(
    'strace',
    [...STRACE_OPTIONS, '-o', join(folder, CALLS), ...program],
    { timeoutMs: RECORDING_TIMEOUT_MS },
  );
  if (exitCode !== 0) throw new Error(`the recording failed: ${stderr}`);
}
