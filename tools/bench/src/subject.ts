import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createScratchDirectory, removeScratchDirectory, type Flavour } from '@etcd-ts/testkit';

import type { Counters } from './counters.js';

/** One server or a cluster of them under measurement, as workloads see it. */
export interface Subject {
  readonly flavour: Flavour;
  /** Where the load goes. */
  readonly endpoint: string;
  counters(): Promise<Counters>;
  /** The length of one answer, with gRPC's prefix, taken by a real client that decodes it. */
  answerBytes(path: string, message: Uint8Array): Promise<number>;
  /** A request's body with gRPC's prefix, in a file for h2load. */
  bodyFile(name: string, message: Uint8Array): string;
  file(name: string): string;
}

/** What a load generator reads and writes beside a subject; on the same disk as its data. */
export class Files {
  readonly folder: string;

  constructor(flavour: Flavour) {
    this.folder = createScratchDirectory(`bench-${flavour}`);
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  bodyFile(name: string, message: Uint8Array): string {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    const file = this.file(`${name}.bin`);
    writeFileSync(file, Buffer.concat([prefix, message]));
    return file;
  }

  remove(): void {
    removeScratchDirectory(this.folder);
  }
}
