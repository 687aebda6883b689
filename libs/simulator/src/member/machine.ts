import { SeededRng } from '@etcd-ts/foundation';
import type { Logger, MemberId, Rng } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { BootstrapError, MemberRemovedError, openMember } from '@etcd-ts/server';
import type { Member } from '@etcd-ts/server';
import type { RevisionCommit, WatchSink } from '@etcd-ts/mvcc';
import type { MemberFiles, Survival } from '@etcd-ts/storage';

import type { Endpoint } from '../clients/client.js';
import type { SimulatedNetwork } from '../network/simulated-network.js';
import { Process } from '../time/event-queue.js';
import type { EventQueue } from '../time/event-queue.js';
import { MachineClock, processScheduler } from '../time/machine-time.js';
import type { ClockSkew } from '../time/machine-time.js';
import type { ClusterWatch } from './cluster-watch.js';
import { LogMirror } from './cluster-watch.js';
import { MachineDisk } from './machine-disk.js';
import { memberConfiguration } from './member-configuration.js';
import type { MemberSettings } from './member-configuration.js';
import { observedFiles } from './observed-files.js';
import type { AppliedObserver } from './observed-files.js';

export interface MachineParts {
  readonly settings: MemberSettings;
  readonly queue: EventQueue;
  readonly rng: Rng;
  readonly network: SimulatedNetwork;
  readonly watch: ClusterWatch;
  readonly skew: ClockSkew;
  readonly logger: Logger;
  readonly metrics: EtcdMetrics;
  /** A process has come into being on it. */
  readonly started: (process: Process) => void;
}

/** The process on a machine, and what is known of the member in it. */
interface Incarnation {
  readonly process: Process;
  member: Member | undefined;
  id: MemberId | undefined;
  isReady: boolean;
  /** A disk was broken on purpose: that the member ends is what it should do. */
  mayFail: boolean;
  /** What the observer was last told. */
  leadsIn: number;
}

const JOIN_RETRY_MS = 500;

const EVERYTHING = Uint8Array.of(0);

/** One machine: a disk, a clock, a network address, and, most of the time, a member running on it. */
export class Machine implements Endpoint {
  readonly name: string;
  readonly url: string;
  readonly #parts: MachineParts;
  readonly #clock: MachineClock;
  readonly #mirror: LogMirror;
  readonly #disk: MachineDisk;
  #current: Incarnation | undefined;
  #starts = 0;
  /** Its first start found an empty disk. */
  #hasRun = false;
  isRemoved = false;

  constructor(parts: MachineParts) {
    this.#parts = parts;
    this.name = parts.settings.name;
    this.url = parts.settings.url;
    this.#clock = new MachineClock(parts.queue, parts.skew);
    this.#mirror = new LogMirror(this.name, parts.watch, () => this.#isAlone());
    this.#disk = new MachineDisk(parts.rng, (delayMs, callback) => {
      const { process } = this.#current ?? {};
      // Who has died in the midst of its work, and goes on to the end of it, waits for ever.
      if (process !== undefined) parts.queue.in(delayMs, process, callback);
    });
  }

  /** That can be asked by clients: open, and in touch with its cluster once since. */
  serving(): { readonly member: Member; readonly process: Process } | undefined {
    const { member, process, isReady } = this.#current ?? {};
    return member !== undefined && process !== undefined && isReady
      ? { member, process }
      : undefined;
  }

  get member(): Member | undefined {
    return this.#current?.member;
  }

  get process(): Process | undefined {
    return this.#current?.process;
  }

  get isUp(): boolean {
    return this.#current !== undefined;
  }

  get id(): MemberId | undefined {
    return this.#current?.id;
  }

  get leads(): boolean {
    const { facts } = this.#current?.member?.server ?? {};
    return facts !== undefined && facts.leader() === this.id;
  }

  start(): void {
    if (this.#current !== undefined || this.isRemoved) return;
    const process = new Process(`${this.name}.${++this.#starts}`);
    const incarnation: Incarnation = {
      process,
      member: undefined,
      id: undefined,
      isReady: false,
      mayFail: this.#disk.isBroken,
      leadsIn: 0,
    };
    this.#current = incarnation;
    process.afterEach = () => this.#look(incarnation);
    this.#parts.started(process);
    this.#parts.queue.in(0, process, () => void this.#open(incarnation));
  }

  async #open(incarnation: Incarnation): Promise<void> {
    const { settings, queue, rng, network, watch, logger, metrics } = this.#parts;
    const { process } = incarnation;
    const peers = network.attach(this.url, process, this.#clock);
    const files = this.#files(incarnation);
    try {
      const member = await openMember({
        config: memberConfiguration(settings),
        clock: this.#clock,
        scheduler: processScheduler(queue, process, this.#clock, (delayMs) => {
          watch.found('timer-overflow', `${this.name} asks Node for a timer of ${delayMs} ms`);
        }),
        rng: new SeededRng(rng.below(2 ** 31)),
        logger: logger.named(this.name),
        metrics,
        peers,
        files,
      });
      if (process.alive) this.#opened(incarnation, member);
    } catch (error) {
      if (!process.alive) return;
      process.die();
      this.#current = undefined;
      network.detach(this.url, process);
      if (incarnation.mayFail) return;
      if (this.#joinsTooEarly(error)) {
        queue.in(JOIN_RETRY_MS, undefined, () => this.start());
        return;
      }
      watch.found('cannot-start', `${this.name} does not start: ${textOf(error)}`);
    }
  }

  #files(incarnation: Incarnation): MemberFiles {
    const { watch, settings } = this.#parts;
    const observer: AppliedObserver = {
      applied: (index, term) => {
        const revision = incarnation.member?.server.facts.header().revision;
        if (revision !== undefined) this.#mirror.applied(index, term, revision);
      },
      installed: (appliedIndex) => {
        watch.snapshots++;
        // Before it is open it finds what it was to install when the power went.
        const afterCrash = incarnation.member === undefined;
        watch.observe({ kind: 'restored', member: this.name, appliedIndex, afterCrash });
      },
    };
    return observedFiles({
      files: this.#disk.files,
      mirror: this.#mirror,
      observer,
      segmentBytes: settings.segmentBytes,
      isAlive: () => incarnation.process.alive,
    });
  }

  /** Whom it asked has not heard of its addition yet: the process ends, and is started again. */
  #joinsTooEarly(error: unknown): boolean {
    const { settings } = this.#parts;
    return settings.state === 'existing' && !this.#hasRun && error instanceof BootstrapError;
  }

  #opened(incarnation: Incarnation, member: Member): void {
    const { network, watch } = this.#parts;
    incarnation.member = member;
    network.serve(this.url, member);
    const { facts } = member.server;
    const { memberId, revision, raftTerm } = facts.header();
    incarnation.id = memberId;
    const appliedIndex = facts.raftStatus().applied;
    watch.observe({
      kind: 'restored',
      member: this.name,
      appliedIndex,
      revision,
      afterCrash: this.#hasRun,
    });
    watch.observe({ kind: 'term', member: this.name, term: raftTerm });
    this.#hasRun = true;
    this.#listen(incarnation, member);
    member.ready.then(
      () => (incarnation.isReady = true),
      () => undefined,
    );
    void member.stopped.then((error) => this.#stopped(incarnation, error));
  }

  /** Whatever the member publishes, from now on. */
  #listen(incarnation: Incarnation, member: Member): void {
    const sink: WatchSink = {
      offer: (_watcher, commits: readonly RevisionCommit[]) => {
        const { watch, queue } = this.#parts;
        if (!incarnation.process.alive) return true;
        for (const commit of commits) watch.published(this.name, commit, queue.nowMs);
        return true;
      },
      // A snapshot brought it further than it can tell.
      compacted: () => queueMicrotask(() => this.#listen(incarnation, member)),
    };
    member.server.watch.hub.watch({
      key: EVERYTHING,
      rangeEnd: EVERYTHING,
      startRevision: 0,
      noPut: false,
      noDelete: false,
      sink,
    });
  }

  #stopped(incarnation: Incarnation, error: Error | undefined): void {
    if (incarnation !== this.#current || error === undefined) return;
    if (error instanceof MemberRemovedError) this.isRemoved = true;
    else if (!incarnation.mayFail) {
      this.#parts.watch.found('member-failed', `${this.name} ended: ${textOf(error)}`);
    }
    // The process ends, with what it holds, as the node's main program would. What a disk has failed
    // to sync is nowhere but in memory, and nobody may have been told that it is safe.
    this.#end(this.#disk.isBroken ? 'nothing' : 'everything');
  }

  #look(incarnation: Incarnation): void {
    const { member } = incarnation;
    if (member === undefined || incarnation !== this.#current) return;
    const { facts } = member.server;
    if (facts.leader() !== incarnation.id) return;
    const { raftTerm } = facts.header();
    if (incarnation.leadsIn === raftTerm || !this.#hasToldOthers(member, raftTerm)) return;
    incarnation.leadsIn = raftTerm;
    this.#mirror.leads(raftTerm);
  }

  /** Who is alone has told nobody that it leads until an entry of its term is durable, and applied. */
  #hasToldOthers({ server }: Member, term: number): boolean {
    return !this.#isAlone() || this.#mirror.termAt(server.facts.raftStatus().applied) === term;
  }

  /** The only voter, as far as it knows. */
  #isAlone(): boolean {
    const known = this.#current?.member?.server.cluster.knownMembers() ?? [];
    return known.filter(({ isLearner }) => !isLearner).length === 1;
  }

  /** Whether there is anything to stand still. */
  pause(untilMs: number): boolean {
    if (this.#current === undefined) return false;
    this.#current.process.pausedUntilMs = untilMs;
    return true;
  }

  /** The process ends at once; what it wrote is in the files. */
  kill(): void {
    this.#end('everything');
  }

  /** The machine stops; what was not synced may be lost, whole or in parts. */
  losePower(survival: Survival): void {
    this.#end(survival);
  }

  #end(survival: Survival): void {
    const { network } = this.#parts;
    const { process } = this.#current ?? {};
    this.#current = undefined;
    if (process !== undefined) {
      network.detach(this.url, process);
      process.die();
    }
    this.#disk.crash(survival);
  }

  /** On purpose: leadership is handed over, everything is written. */
  stop(): void {
    const incarnation = this.#current;
    const { member, process } = incarnation ?? {};
    if (incarnation === undefined || member === undefined || process === undefined) {
      this.kill();
      return;
    }
    this.#parts.queue.in(0, process, () => {
      void member.stop().then(() => {
        if (incarnation === this.#current) this.kill();
      });
    });
  }

  /** Nothing is wrong with it. */
  get isFine(): boolean {
    const { process, isReady } = this.#current ?? {};
    if (process === undefined || isReady !== true) return false;
    const isPaused = process.pausedUntilMs > this.#parts.queue.nowMs;
    return !isPaused && this.#disk.isFine;
  }

  disturbClock(rate: number, wallJumpMs: number): void {
    this.#clock.disturb(rate, wallJumpMs);
  }

  /** See MachineDisk. */
  fileCounts(): ReturnType<MachineDisk['fileCounts']> {
    return this.#disk.fileCounts();
  }

  /** Of entries of the log that nobody asks for any more. */
  forget(entries: number): void {
    this.#mirror.forget(entries);
  }

  slowDisk(syncMs: number): void {
    this.#disk.slow(syncMs);
  }

  breakDisk(): void {
    this.#disk.break();
    if (this.#current !== undefined) this.#current.mayFail = true;
  }

  healDisk(): void {
    this.#disk.heal();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
