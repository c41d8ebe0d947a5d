// What lies where in the vault. Numbers count from 1 in the order in which things came to be; names
// are keyed. docs/decisions/2026-11-21-vault.md says what a thief of the disk learns.

export const TABLE = {
  /** The identity of this home, whole. */
  identity: 0x01,
  /** The prekeys' secrets, whole. */
  ring: 0x02,
  /** Up to which arrival all was taken in. */
  cursor: 0x03,
  /** name(token) → invite that was given away. */
  invite: 0x04,
  /** name(identity ‖ device) of whose lanes were not looked into since a session began. */
  look: 0x05,
  /** Mailboxes of the own doors, computed before. */
  doors: 0x06,
  /** name(key ‖ device) → one device's word on a contact or a setting. */
  register: 0x10,
  /** name(identity) → what is known of somebody. */
  person: 0x11,
  /** name(identity) → device log, with its forks. */
  roster: 0x12,
  /** name(identity) ‖ name(device) ‖ the session's own key → state of a session. */
  session: 0x13,
  /** name(identity) ‖ number → an envelope of a device that the log does not have yet. */
  held: 0x14,
  /** number → summary of a conversation. */
  conversation: 0x20,
  /** conversation ‖ name → state of its log. */
  log: 0x21,
  /** conversation ‖ block → entries that came together. */
  block: 0x22,
  /** conversation ‖ block → where each of them is shown. */
  index: 0x23,
  /** name(entry id) → conversation and sequence of an own message. */
  id: 0x24,
  /** conversation ‖ sequence → what became of an own message. */
  sent: 0x25,
  /** conversation ‖ page → which of 256 own messages are not delivered yet, a bit for each. */
  open: 0x26,
  /** first number → events that happened together. */
  event: 0x30,
} as const

export function u32(number: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, number)
  return bytes
}

/** Numbers that sort as they count. */
export function u64(number: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number))
  return bytes
}

export function numberIn(bytes: Uint8Array, offset: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Number(view.getBigUint64(offset))
}
