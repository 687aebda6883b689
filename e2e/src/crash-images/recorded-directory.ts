import type { RecordedFile } from './recorded-file.js';

export type RecordedNode = RecordedFile | RecordedDirectory;

/** A creation, a removal, or a renaming, which is both and atomic. */
export interface NameChange {
  readonly removed?: string;
  readonly added?: { readonly name: string; readonly node: RecordedNode };
}

/** The names in a directory as its fsyncs left them, and what was done to them since. */
export class RecordedDirectory {
  #durable: ReadonlyMap<string, RecordedNode> = new Map();
  #changes: NameChange[] = [];

  get changes(): readonly NameChange[] {
    return this.#changes;
  }

  change(change: NameChange): void {
    this.#changes.push(change);
  }

  synced(changes: number): void {
    this.#durable = this.names(changes);
    this.#changes = this.#changes.slice(changes);
  }

  /** With the first so many of its changes: file systems write names down in order. */
  names(changes = this.#changes.length): ReadonlyMap<string, RecordedNode> {
    const names = new Map(this.#durable);
    for (const { removed, added } of this.#changes.slice(0, changes)) {
      if (removed !== undefined) names.delete(removed);
      if (added !== undefined) names.set(added.name, added.node);
    }
    return names;
  }
}
