import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Database as SqliteDatabase } from 'better-sqlite3';
import type { Clock, Scheduler } from '@etcd-ts/foundation';
import { SqliteStatements } from './sqlite-statements.js';
import { decideRegister, decideRemove, memberOf } from './token-state.js';
import type { MemberEntry, TokenState } from './token-state.js';
import { StoreUnavailableError } from './token-store.js';
import type {
  ChangeListener,
  CreateOutcome,
  RegisterOutcome,
  RemoveOutcome,
  TokenStore,
} from './token-store.js';

const FILE_NAME = 'discovery.db';
/** Writes that wait for the disk: a second's worth of a fast one, 1 KiB each at the very most. */
const MAX_PENDING_WRITES = 10_000;
/** Rows that go at a time, so that collecting never holds up requests. */
const COLLECT_BATCH = 500;

export interface SqliteStoreOptions {
  readonly directory: string;
  readonly ttlMs: number;
  readonly maxTokens: number;
  /** Of the file. A disk that is full would be a failure; this is not. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly onChange: ChangeListener;
  /** The disk failed: what it has kept is not known any more, so the process must not go on. */
  readonly onDiskFailure: (error: unknown) => void;
}

interface PendingWrite {
  readonly apply: () => () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Tokens in a file of our own. Everything that comes in one turn of the event loop is one
 * transaction and one fsync, before anything of it is answered.
 */
export class SqliteTokenStore implements TokenStore {
  readonly #options: SqliteStoreOptions;
  readonly #database: SqliteDatabase;
  readonly #statements: SqliteStatements;
  #pending: PendingWrite[] = [];
  #index: number;
  #count: number;
  #state: 'open' | 'failed' | 'closed' = 'open';

  /** Throws when the directory cannot be used, or another process has it. */
  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    this.#database = new Database(join(options.directory, FILE_NAME), { timeout: 0 });
    try {
      // Two services in one directory would not tell each other's pollers of changes.
      this.#database.pragma('locking_mode = EXCLUSIVE');
      this.#database.pragma('journal_mode = WAL');
      // In WAL mode the default does not wait for the disk, and an answered write could be lost.
      this.#database.pragma('synchronous = FULL');
      this.#statements = new SqliteStatements(this.#database);
    } catch (error) {
      this.#database.close();
      throw error;
    }
    this.#index = this.#statements.index();
    this.#count = this.#statements.countTokens();
  }

  get tokenCount(): number {
    return this.#count;
  }

  create(token: string, size: number): Promise<CreateOutcome> {
    return this.#write(() => {
      if (this.#count >= this.#options.maxTokens || this.#isFull()) return { kind: 'noRoom' };
      const expiresAtMs = this.#options.clock.wallMs() + this.#options.ttlMs;
      this.#statements.insertToken({ token, size, index: this.#nextIndex(), expiresAtMs });
      this.#count++;
      return { kind: 'created' };
    });
  }

  read(token: string): Promise<TokenState | undefined> {
    if (this.#state !== 'open') return Promise.reject(this.#notOpen());
    return Promise.resolve(this.#read(token));
  }

  register(token: string, id: string, value: string): Promise<RegisterOutcome> {
    return this.#write((): RegisterOutcome => {
      const state = this.#read(token);
      if (state === undefined) return { kind: 'unknownToken' };
      const decision = decideRegister(state, id);
      if (decision !== 'register') return { kind: decision, index: this.#index };
      if (this.#isFull()) return { kind: 'noRoom' };
      const member: MemberEntry = { id, value, index: this.#nextIndex() };
      this.#statements.insertMember(token, member);
      return { kind: 'registered', member, index: this.#index };
    }, token);
  }

  remove(token: string, id: string): Promise<RemoveOutcome> {
    return this.#write((): RemoveOutcome => {
      const state = this.#read(token);
      if (state === undefined) return { kind: 'unknownToken' };
      const decision = decideRemove(state, id);
      const member = memberOf(state, id);
      if (decision === 'sealed') return { kind: 'sealed', index: this.#index };
      if (decision !== 'remove' || member === undefined) {
        return { kind: 'unknownMember', index: this.#index };
      }
      this.#statements.deleteMember(token, id, this.#nextIndex());
      return { kind: 'removed', member, index: this.#index };
    }, token);
  }

  probe(): Promise<void> {
    return this.#write(() => this.#statements.setIndex(this.#index));
  }

  collect(): Promise<number> {
    return this.#collect(0);
  }

  async #collect(removedBefore: number): Promise<number> {
    const removed = await this.#write(() => {
      const tokens = this.#statements.expired(this.#options.clock.wallMs(), COLLECT_BATCH);
      for (const token of tokens) this.#statements.deleteToken(token);
      this.#count -= tokens.length;
      return tokens;
    });
    for (const token of removed) this.#options.onChange(token);
    const total = removedBefore + removed.length;
    return removed.length < COLLECT_BATCH ? total : this.#collect(total);
  }

  close(): Promise<void> {
    this.#flush();
    if (this.#state !== 'closed') this.#database.close();
    this.#state = 'closed';
    return Promise.resolve();
  }

  #read(token: string): TokenState | undefined {
    const row = this.#statements.token(token);
    if (row === undefined || row.expiresAtMs <= this.#options.clock.wallMs()) return undefined;
    const { size, createdIndex, revokedIndex } = row;
    const members = this.#statements.members(token);
    return { token, size, createdIndex, revokedIndex, members, index: this.#index };
  }

  #isFull(): boolean {
    return this.#statements.usedBytes() >= this.#options.maxBytes;
  }

  #nextIndex(): number {
    this.#index++;
    return this.#index;
  }

  /** Runs `apply` in the next transaction; resolves with its result once that is on disk. */
  #write<Result>(apply: () => Result, changed?: string): Promise<Result> {
    if (this.#state !== 'open') return Promise.reject(this.#notOpen());
    if (this.#pending.length >= MAX_PENDING_WRITES) {
      return Promise.reject(new StoreUnavailableError('too many writes wait for the disk'));
    }
    return new Promise((resolve, reject) => {
      this.#pending.push({
        reject,
        apply: () => {
          const before = this.#index;
          const result = apply();
          const hasChanged = this.#index !== before;
          return () => {
            resolve(result);
            if (changed !== undefined && hasChanged) this.#options.onChange(changed);
          };
        },
      });
      if (this.#pending.length === 1) this.#options.scheduler.soon(() => this.#flush());
    });
  }

  #flush(): void {
    const batch = this.#pending;
    if (batch.length === 0 || this.#state !== 'open') return;
    this.#pending = [];
    const commit = this.#database.transaction(() => {
      const answers = batch.map(({ apply }) => apply());
      this.#statements.setIndex(this.#index);
      return answers;
    });
    let answers: (() => void)[];
    try {
      answers = commit();
    } catch (error) {
      // Whether any of it reached the disk is unknown, and asking the disk again proves nothing.
      this.#state = 'failed';
      for (const { reject } of batch) reject(this.#notOpen());
      this.#options.onDiskFailure(error);
      return;
    }
    for (const answer of answers) answer();
  }

  #notOpen(): StoreUnavailableError {
    const why = this.#state === 'failed' ? 'the disk failed' : 'the service is stopping';
    return new StoreUnavailableError(why);
  }
}
