import type { ResponseHeader } from '@etcd-ts/wire-protocol';
import { headerFields, headerJson } from '../output/field-lines.js';
import type { Answer } from '../output/output.js';

/** An answer with nothing in it but where it comes from: the text says what has been done. */
export function doneAnswer(
  text: string,
  { header }: { readonly header: ResponseHeader | undefined },
  protobuf: () => Uint8Array,
): Answer {
  return {
    simple: () => [text],
    json: () => ({ header: headerJson(header) }),
    fields: () => headerFields(header),
    protobuf,
  };
}
