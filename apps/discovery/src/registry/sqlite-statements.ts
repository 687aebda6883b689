import type { Database } from 'better-sqlite3';
import type { MemberEntry } from './token-state.js';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS registry (
    name TEXT PRIMARY KEY, value INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    created_index INTEGER NOT NULL,
    revoked_index INTEGER NOT NULL DEFAULT 0,
    expires_at_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS tokens_by_expiry ON tokens (expires_at_ms);
  CREATE TABLE IF NOT EXISTS members (
    token TEXT NOT NULL,
    id TEXT NOT NULL,
    value TEXT NOT NULL,
    created_index INTEGER NOT NULL,
    PRIMARY KEY (token, id)
  ) WITHOUT ROWID;
`;

export interface TokenRow {
  readonly size: number;
  readonly createdIndex: number;
  readonly revokedIndex: number;
  readonly expiresAtMs: number;
}

interface NewToken {
  readonly token: string;
  readonly size: number;
  readonly index: number;
  readonly expiresAtMs: number;
}

/** The SQL of the token store: what each statement means, and nothing about when it runs. */
export class SqliteStatements {
  readonly #database: Database;
  readonly #setIndex;
  readonly #insertToken;
  readonly #token;
  readonly #members;
  readonly #insertMember;
  readonly #deleteMember;
  readonly #setRevoked;
  readonly #expired;
  readonly #deleteToken;
  readonly #deleteMembers;

  constructor(database: Database) {
    database.exec(SCHEMA);
    this.#database = database;
    this.#setIndex = database.prepare<[number]>(
      "INSERT INTO registry VALUES ('index', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
    this.#insertToken = database.prepare<[string, number, number, number]>(
      'INSERT INTO tokens (token, size, created_index, expires_at_ms) VALUES (?, ?, ?, ?)',
    );
    this.#token = database.prepare<[string], TokenRow>(
      `SELECT size, created_index AS createdIndex, revoked_index AS revokedIndex,
        expires_at_ms AS expiresAtMs FROM tokens WHERE token = ?`,
    );
    this.#members = database.prepare<[string], MemberEntry>(
      `SELECT id, value, created_index AS "index" FROM members WHERE token = ?
        ORDER BY created_index`,
    );
    this.#insertMember = database.prepare<[string, string, string, number]>(
      'INSERT INTO members (token, id, value, created_index) VALUES (?, ?, ?, ?)',
    );
    this.#deleteMember = database.prepare<[string, string]>(
      'DELETE FROM members WHERE token = ? AND id = ?',
    );
    this.#setRevoked = database.prepare<[number, string]>(
      'UPDATE tokens SET revoked_index = ? WHERE token = ?',
    );
    this.#expired = database.prepare<[number, number], { token: string }>(
      'SELECT token FROM tokens WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?',
    );
    this.#deleteToken = database.prepare<[string]>('DELETE FROM tokens WHERE token = ?');
    this.#deleteMembers = database.prepare<[string]>('DELETE FROM members WHERE token = ?');
  }

  index(): number {
    const select = "SELECT value FROM registry WHERE name = 'index'";
    return this.#database.prepare<[], { value: number }>(select).get()?.value ?? 0;
  }

  countTokens(): number {
    const select = 'SELECT COUNT(*) AS count FROM tokens';
    return this.#database.prepare<[], { count: number }>(select).get()?.count ?? 0;
  }

  /** Pages that were given up are used again, and do not count. */
  usedBytes(): number {
    const [pages = 0, free = 0, pageBytes = 0] = ['page_count', 'freelist_count', 'page_size'].map(
      (name) => Number(this.#database.pragma(name, { simple: true })),
    );
    return (pages - free) * pageBytes;
  }

  setIndex(index: number): void {
    this.#setIndex.run(index);
  }

  insertToken({ token, size, index, expiresAtMs }: NewToken): void {
    this.#insertToken.run(token, size, index, expiresAtMs);
  }

  token(token: string): TokenRow | undefined {
    return this.#token.get(token);
  }

  members(token: string): readonly MemberEntry[] {
    return this.#members.all(token);
  }

  insertMember(token: string, { id, value, index }: MemberEntry): void {
    this.#insertMember.run(token, id, value, index);
  }

  deleteMember(token: string, id: string, revokedIndex: number): void {
    this.#deleteMember.run(token, id);
    this.#setRevoked.run(revokedIndex, token);
  }

  expired(nowMs: number, limit: number): readonly string[] {
    return this.#expired.all(nowMs, limit).map(({ token }) => token);
  }

  deleteToken(token: string): void {
    this.#deleteToken.run(token);
    this.#deleteMembers.run(token);
  }
}
