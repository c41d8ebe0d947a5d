/**
 * Node answers with a Buffer, whose `slice` is a view and whose JSON is an object: the protocol's
 * bytes are plain.
 */
export function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
