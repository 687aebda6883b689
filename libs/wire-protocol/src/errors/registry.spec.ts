import { EtcdError } from './etcd-error.js';
import { GRPC_STATUS_NAMES, GrpcStatus, grpcStatusName } from './grpc-status.js';
import type { ErrorName } from './registry.js';
import { ERRORS, errorNameOf, toEtcdError, UNCODED_ERRORS } from './registry.js';

const NAMES = Object.keys(ERRORS) as ErrorName[];

describe('gRPC status codes', () => {
  it('are 17, in the order of their numbers', () => {
    expect(GRPC_STATUS_NAMES).toHaveLength(17);
    for (const [code, name] of GRPC_STATUS_NAMES.entries()) expect(GrpcStatus[name]).toBe(code);
  });

  it('beyond the known ones mean Unknown', () => {
    for (const code of [-1, 17, 1.5]) expect(grpcStatusName(code)).toBe('Unknown');
  });
});

describe('the error registry', () => {
  it.each(NAMES)('finds %s by its text, as a client must', (name) => {
    const { code, message } = ERRORS[name];
    expect(message).toMatch(/^etcdserver: [^ ].*[^. ]$/);
    expect(code).not.toBe(GrpcStatus.OK);
    expect(errorNameOf(message)).toBe(name);
  });

  it('makes errors that know what they are, each with its own stack', () => {
    const error = ERRORS.Compacted.error();
    expect(error).toBeInstanceOf(EtcdError);
    expect(error).not.toBe(ERRORS.Compacted.error());
    expect([error.is(ERRORS.Compacted), error.is(ERRORS.FutureRev)]).toEqual([true, false]);
    expect(error.code).toBe(GrpcStatus.OutOfRange);
  });

  it('prints an error as Go prints a status', () => {
    expect(ERRORS.PermissionDenied.error().toStatusText()).toBe(
      'rpc error: code = PermissionDenied desc = etcdserver: permission denied',
    );
  });

  it('keeps the two errors that lose their code on the wire, with the text of the registered ones', () => {
    for (const name of Object.keys(UNCODED_ERRORS) as (keyof typeof UNCODED_ERRORS)[]) {
      expect(UNCODED_ERRORS[name]).toMatchObject({ code: 2, message: ERRORS[name].message });
    }
  });
});

describe('whatever else ends a call', () => {
  it('goes out as Unknown with its own text', () => {
    expect(toEtcdError(new RangeError('auth: no'))).toMatchObject({ code: 2, message: 'auth: no' });
    expect(toEtcdError('odd')).toMatchObject({ code: 2, message: 'odd' });
  });

  it('passes unchanged if it is an EtcdError already', () => {
    const error = ERRORS.Stopped.error();
    expect(toEtcdError(error)).toBe(error);
  });
});
