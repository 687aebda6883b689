/** Aborts at the first SIGINT or SIGTERM; a second one ends the process as if nobody listened. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new InterruptedError(name)));
  }
  return controller.signal;
}

export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly signalName: NodeJS.Signals;

  constructor(signalName: NodeJS.Signals) {
    super('interrupted');
    this.signalName = signalName;
  }
}
