export type FileChange =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'resize'; readonly size: number };

/** A file as its fsyncs left it, and what was done to it since. */
export class RecordedFile {
  #durable: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #changes: FileChange[] = [];
  #size = 0;

  /** As the process sees it. */
  get size(): number {
    return this.#size;
  }

  get changes(): readonly FileChange[] {
    return this.#changes;
  }

  change(change: FileChange): void {
    this.#changes.push(change);
    this.#size =
      change.kind === 'resize'
        ? change.size
        : Math.max(this.#size, change.position + change.bytes.length);
  }

  /** An fsync has ended that began when there were so many changes. */
  synced(changes: number): void {
    this.#durable = this.contents(this.#changes.slice(0, changes));
    this.#changes = this.#changes.slice(changes);
  }

  /** With these of its changes, in their order. */
  contents(changes: readonly FileChange[]): Buffer {
    if (changes.length === 0) return this.#durable;
    let size = this.#durable.length;
    let capacity = size;
    for (const change of changes) capacity = Math.max(capacity, endOf(change));
    const bytes = Buffer.alloc(capacity);
    this.#durable.copy(bytes);
    for (const change of changes) {
      if (change.kind === 'write') {
        change.bytes.copy(bytes, change.position);
        size = Math.max(size, endOf(change));
      } else {
        // What was cut off must not come back with the next growth.
        if (change.size < size) bytes.fill(0, change.size, size);
        ({ size } = change);
      }
    }
    return bytes.subarray(0, size);
  }
}

function endOf(change: FileChange): number {
  return change.kind === 'write' ? change.position + change.bytes.length : change.size;
}
