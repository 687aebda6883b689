/** Of a process, as etcdctl names them; etcdutl has some of them. */
export const ExitCode = {
  success: 0,
  error: 1,
  badConnection: 2,
  /** Of a transaction or a watch command that was typed in. */
  invalidInput: 3,
  /** A flag asks for something that does not exist. */
  badFeature: 4,
  interrupted: 5,
  io: 6,
  badArguments: 128,
} as const;

/** Ends the command: `Error: <message>` on standard error, and this exit code. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** That it did not work, and nothing more particular. */
export const failure = (message: string, options?: ErrorOptions): ExitError =>
  new ExitError(ExitCode.error, message, options);
export const badArguments = (message: string): ExitError =>
  new ExitError(ExitCode.badArguments, message);
export const badFeature = (message: string): ExitError =>
  new ExitError(ExitCode.badFeature, message);
