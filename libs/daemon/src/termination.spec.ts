import { EventEmitter } from 'node:events';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { terminateOnSignals } from './termination.js';
import type { ProcessHandle, TerminationSignal } from './termination.js';

class FakeProcess implements ProcessHandle {
  readonly pid: number;
  readonly deeds: string[] = [];
  readonly #signals = new EventEmitter();

  constructor(pid: number) {
    this.pid = pid;
  }

  on(signal: TerminationSignal, listener: () => void): void {
    this.#signals.on(signal, listener);
  }

  removeAllListeners(signal: TerminationSignal): void {
    this.#signals.removeAllListeners(signal);
  }

  kill(pid: number, signal: TerminationSignal): void {
    // With a listener left, the signal would come back to us instead of ending the process.
    this.deeds.push(`kill ${pid} ${signal} with ${this.#signals.listenerCount(signal)} listeners`);
  }

  exit(code: number): void {
    this.deeds.push(`exit ${code}`);
  }

  receive(signal: TerminationSignal): void {
    this.#signals.emit(signal);
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function started(pid: number, stop: () => Promise<void>): FakeProcess {
  const process = new FakeProcess(pid);
  terminateOnSignals({ process, logger: () => SILENT_LOGGER, stop });
  return process;
}

test('the process ends by the signal it got, after the node has stopped', async () => {
  let finish = (): void => undefined;
  const process = started(7, () => new Promise((resolve) => (finish = resolve)));
  process.receive('SIGTERM');
  await settled();
  expect(process.deeds).toEqual([]);
  finish();
  await settled();
  expect(process.deeds).toEqual(['kill 7 SIGTERM with 0 listeners']);
});

test('a second signal ends it without waiting', async () => {
  const process = started(7, () => new Promise(() => undefined));
  process.receive('SIGTERM');
  process.receive('SIGINT');
  await settled();
  expect(process.deeds).toEqual(['kill 7 SIGINT with 0 listeners']);
});

test('a stop that fails ends it all the same', async () => {
  const process = started(7, () => Promise.reject(new Error('disk')));
  process.receive('SIGINT');
  await settled();
  expect(process.deeds).toEqual(['kill 7 SIGINT with 0 listeners']);
});

test('the first process of a container exits with 0', async () => {
  const process = started(1, () => Promise.resolve());
  process.receive('SIGTERM');
  await settled();
  expect(process.deeds).toEqual(['exit 0']);
});
