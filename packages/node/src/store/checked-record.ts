// LevelDB does not verify what it reads, so small records carry a CRC-32 of their own. It guards
// against a disk, not against people: who can write to the disk has won already.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

export const CHECK_BYTES = 4

function crc32(bytes: Uint8Array, end: number): number {
  let value = 0xffffffff
  for (let at = 0; at < end; at++) value = (value >>> 8) ^ TABLE[(value ^ bytes[at]!) & 0xff]!
  return (value ^ 0xffffffff) >>> 0
}

export function withCheck(record: Uint8Array): Uint8Array {
  const checked = new Uint8Array(record.length + CHECK_BYTES)
  checked.set(record)
  // Not by a view: with one, V8 moves so small an array out of its heap.
  const value = crc32(record, record.length)
  for (let byte = 0; byte < CHECK_BYTES; byte++) {
    checked[record.length + byte] = value >>> (8 * (CHECK_BYTES - 1 - byte))
  }
  return checked
}

/** Null when a bit has changed. */
export function withoutCheck(checked: Uint8Array): Uint8Array | null {
  const end = checked.length - CHECK_BYTES
  if (end < 0) return null
  const value = crc32(checked, end)
  for (let byte = 0; byte < CHECK_BYTES; byte++) {
    if (checked[end + byte] !== ((value >>> (8 * (CHECK_BYTES - 1 - byte))) & 0xff)) return null
  }
  return checked.subarray(0, end)
}
