import { errnoOf } from '../storage-error.js';
import type { Sqlite } from './database.js';

/**
 * Every page is read until one is wrong, and nobody is served meanwhile: of a larger file the refusal
 * is not kept waiting for the place.
 */
const MAX_SEARCHED_BYTES = 256 * 1024 * 1024;

/** Whether SQLite has come across pages that cannot be right. Their checksums are ours: see RowTotal. */
export function isDamage(failure: unknown): boolean {
  return errnoOf(failure)?.startsWith('SQLITE_CORRUPT') === true;
}

/** The first page that SQLite finds wrong, in its words. Undefined: it finds none, or none it can name. */
export function damagedPlace(database: Sqlite): string | undefined {
  try {
    const pages = Number(database.pragma('page_count', { simple: true }));
    const pageBytes = Number(database.pragma('page_size', { simple: true }));
    if (pages * pageBytes > MAX_SEARCHED_BYTES) return undefined;
    const found = String(database.pragma('quick_check(1)', { simple: true }));
    return /\bpage \d/u.test(found) ? found.replaceAll(/\s*\n\s*/gu, ' ') : undefined;
  } catch {
    // What is damaged may keep SQLite from looking; the failure itself is told without a place.
    return undefined;
  }
}
