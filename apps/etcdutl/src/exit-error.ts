/** Of a process, as etcdutl names them. */
export const ExitCode = { success: 0, error: 1, badFeature: 4, badArguments: 128 } as const;

/** Ends the command: `Error: <message>` on standard error, and this exit code. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ExitCode.error, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
