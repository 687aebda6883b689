import { must } from '@etcd-ts/foundation';
import { MalformedMessageError } from './field-reader.js';
import type { RaftConfChangeType, RaftEntryType } from './raft-types.js';

/** The names of an enum whose numbers are the positions in the list. */
class EnumNames<Name extends string> {
  readonly #names: readonly Name[];
  readonly #what: string;

  constructor(what: string, names: readonly Name[]) {
    this.#what = what;
    this.#names = names;
  }

  toNumber(name: Name): number {
    const number = this.#names.indexOf(name);
    return must(number < 0 ? undefined : number, () => `${this.#what} ${name}`);
  }

  /** A number from a newer version cannot be passed over: applying the log would diverge. */
  toName(number: number): Name {
    const name = this.#names[number];
    if (name === undefined) throw new MalformedMessageError(`unknown ${this.#what} ${number}`);
    return name;
  }
}

export const ENTRY_TYPES = new EnumNames<RaftEntryType>('entry type', [
  'normal',
  'confChange',
  'confChangeV2',
]);

export const CONF_CHANGE_TYPES = new EnumNames<RaftConfChangeType>('configuration change', [
  'addNode',
  'removeNode',
  'updateNode',
  'addLearnerNode',
]);
