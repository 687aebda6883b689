interface Decoder<Message> {
  decode(bytes: Uint8Array): Message;
}

/** Undefined for bytes that are none: the ordinary way says so to the client. */
export function decodedOrNot<Message>(
  codec: Decoder<Message>,
  bytes: Uint8Array,
): Message | undefined {
  try {
    return codec.decode(bytes);
  } catch {
    return undefined;
  }
}
