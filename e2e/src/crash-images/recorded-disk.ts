import { basename, dirname, relative } from 'node:path';

import { assert, must } from '@etcd-ts/foundation';

import { RecordedDirectory, type RecordedNode } from './recorded-directory.js';
import { RecordedFile } from './recorded-file.js';
import { plainArguments, stringsOf, type SystemCall } from './system-calls.js';

/** What an fsync that has begun will make durable: so many of the changes. */
interface SyncUnderWay {
  readonly node: RecordedNode;
  readonly changes: number;
}

interface OpenFile {
  readonly node: RecordedNode;
  /** Where write() goes on. */
  position: number;
}

/** Built from system calls: what the process sees, what is durable, and all that is in between. */
export class RecordedDisk {
  readonly root = new RecordedDirectory();
  readonly #rootPath: string;
  readonly #isLying: boolean;
  readonly #files = new Map<number, OpenFile>();
  readonly #syncs = new Map<string, SyncUnderWay>();

  /**
   * The directory at `rootPath` is empty and durable when the record begins. The fsyncs of a lying
   * disk do nothing: that is how a test finds out that it would notice.
   */
  constructor(rootPath: string, isLying = false) {
    this.#rootPath = rootPath;
    this.#isLying = isLying;
  }

  /** True when it may have changed what a crash would leave. */
  apply(call: SystemCall): boolean {
    if (call.phase === 'begin') return this.#begin(call);
    if (call.result < 0) {
      this.#syncs.delete(call.thread);
      return false;
    }
    return this.#end(call);
  }

  /** A sync covers what was written before it began. A descriptor may be another's once close() runs. */
  #begin({ name, args, thread }: SystemCall): boolean {
    const fd = Number.parseInt(args, 10);
    if (name === 'close') this.#files.delete(fd);
    const node = this.#files.get(fd)?.node;
    if (isSync(name) && node !== undefined) {
      this.#syncs.set(thread, { node, changes: node.changes.length });
    }
    return false;
  }

  #end(call: SystemCall): boolean {
    if (isSync(call.name)) return this.#endSync(call.thread);
    switch (call.name) {
      case 'open':
      case 'openat':
        return this.#open(call);
      case 'close':
        return false;
      case 'mkdir':
        return this.#add(textOf(call), new RecordedDirectory());
      case 'rename':
        return this.#rename(call);
      case 'unlink':
      case 'rmdir':
        return this.#remove(textOf(call));
      default:
        return this.#changeFile(call);
    }
  }

  #endSync(thread: string): boolean {
    const sync = this.#syncs.get(thread);
    this.#syncs.delete(thread);
    if (sync === undefined || sync.changes === 0 || this.#isLying) return false;
    // Another that began later may have ended earlier, and covered some of these.
    const others = [...this.#syncs].filter(([, other]) => other.node === sync.node);
    for (const [other, { node, changes }] of others) {
      this.#syncs.set(other, { node, changes: Math.max(0, changes - sync.changes) });
    }
    sync.node.synced(sync.changes);
    return true;
  }

  #inside(path: string): boolean {
    return path.startsWith(`${this.#rootPath}/`);
  }

  #lookup(path: string): RecordedNode | undefined {
    if (path === this.#rootPath) return this.root;
    if (!this.#inside(path)) return undefined;
    let node: RecordedNode | undefined = this.root;
    for (const name of relative(this.#rootPath, path).split('/')) {
      node = node instanceof RecordedDirectory ? node.names().get(name) : undefined;
    }
    return node;
  }

  #directoryOf(path: string): RecordedDirectory {
    const directory = this.#lookup(dirname(path));
    assert(directory instanceof RecordedDirectory, 'files are made in directories');
    return directory;
  }

  #open(call: SystemCall): boolean {
    const path = textOf(call);
    const existing = this.#lookup(path);
    if (existing === undefined && !this.#inside(path)) return false;
    if (existing === undefined) {
      assert(call.args.includes('O_CREAT'), 'what is opened exists or is created');
      this.#add(path, new RecordedFile());
    }
    const node = must(this.#lookup(path), 'what was just made');
    this.#files.set(call.result, { node, position: 0 });
    if (existing === undefined) return true;
    if (!call.args.includes('O_TRUNC') || !(node instanceof RecordedFile)) return false;
    node.change({ kind: 'resize', size: 0 });
    return true;
  }

  #add(path: string, node: RecordedNode): boolean {
    if (!this.#inside(path)) return false;
    this.#directoryOf(path).change({ added: { name: basename(path), node } });
    return true;
  }

  #remove(path: string): boolean {
    if (!this.#inside(path)) return false;
    this.#directoryOf(path).change({ removed: basename(path) });
    return true;
  }

  #rename(call: SystemCall): boolean {
    const [from = '', to = ''] = stringsOf(call.args).map(String);
    if (!this.#inside(from)) return false;
    assert(dirname(from) === dirname(to), 'renamed within one directory');
    const node = must(this.#lookup(from), 'what is renamed');
    this.#directoryOf(to).change({ removed: basename(from), added: { name: basename(to), node } });
    return true;
  }

  #changeFile(call: SystemCall): boolean {
    const isForeign = !stringsOf(call.args).some((text) => this.#inside(String(text)));
    assert(isForeign && call.name !== 'io_uring_enter', () => `${call.name} is not understood`);
    const open = this.#files.get(Number.parseInt(call.args, 10));
    if (open === undefined || call.result < 0) return false;
    const { node } = open;
    assert(node instanceof RecordedFile, 'only files are written');
    if (call.name === 'ftruncate' || call.name === 'fallocate') {
      const args = plainArguments(call.args).map(Number);
      const size =
        call.name === 'ftruncate' ? args[1] : Math.max(node.size, (args[2] ?? 0) + (args[3] ?? 0));
      node.change({ kind: 'resize', size: must(size, 'a size') });
      return true;
    }
    this.#write(call, open, node);
    return true;
  }

  #write({ name, args, result }: SystemCall, open: OpenFile, file: RecordedFile): void {
    assert(/^p?writev?(?:64|2)?$/u.test(name), () => `${name} is not understood`);
    const bytes = Buffer.concat(stringsOf(args)).subarray(0, result);
    assert(bytes.length === result, 'the record has what was written');
    const isPositioned = name.startsWith('p');
    const last = plainArguments(args).at(name === 'pwritev2' ? -2 : -1);
    const position = isPositioned ? Number(last) : open.position;
    file.change({ kind: 'write', position, bytes });
    if (!isPositioned) open.position += result;
  }
}

function isSync(name: string): boolean {
  return name === 'fsync' || name === 'fdatasync';
}

function textOf({ args }: SystemCall): string {
  return String(stringsOf(args)[0] ?? '');
}
