import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

const FIELDS = ['seed', 'rounds', 'cases', 'residentBytes', 'peakBytes'];

/** How far a run has come, in a file: it outlives the process and can be read while that loops. */
export class Journal {
  #path;
  #descriptor;
  #bytes = Buffer.alloc(8 * FIELDS.length);

  constructor(path, flags) {
    this.#path = path;
    this.#descriptor = openSync(path, flags);
  }

  static create(path) {
    const journal = new Journal(path, 'w+');
    journal.write({ seed: 0, rounds: 0, cases: 0, residentBytes: 0, peakBytes: 0 });
    return journal;
  }

  static open(path) {
    return new Journal(path, 'r+');
  }

  write(values) {
    FIELDS.forEach((name, at) => this.#bytes.writeDoubleLE(values[name], 8 * at));
    writeSync(this.#descriptor, this.#bytes, 0, this.#bytes.length, 0);
  }

  read() {
    readSync(this.#descriptor, this.#bytes, 0, this.#bytes.length, 0);
    return Object.fromEntries(FIELDS.map((name, at) => [name, this.#bytes.readDoubleLE(8 * at)]));
  }

  remove() {
    closeSync(this.#descriptor);
    rmSync(this.#path, { force: true });
  }
}
