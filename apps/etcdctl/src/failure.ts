import { ExitCode, ExitError } from '@etcd-ts/command-line';
import { ERRORS, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';

const KNOWN = new Set(Object.values(ERRORS).map(({ message }) => message));
/** What the client itself says, without a server having been asked. */
const CONTEXT_ERRORS = new Set(['context deadline exceeded', 'context canceled']);

/** As the original words it: an error it knows by its text alone, any other as a status of gRPC. */
export function failureText(error: unknown): string {
  if (!(error instanceof EtcdError)) return error instanceof Error ? error.message : String(error);
  const { message, code } = error;
  if (KNOWN.has(message) || CONTEXT_ERRORS.has(message)) return message;
  return code === GrpcStatus.Canceled && !message.startsWith('rpc error')
    ? message
    : error.toStatusText();
}

/** For a call that failed: the command ends with this code. */
export function failed(error: unknown, exitCode: number = ExitCode.error): ExitError {
  if (error instanceof ExitError) return error;
  return new ExitError(exitCode, failureText(error), { cause: error });
}
