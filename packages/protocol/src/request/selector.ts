// What somebody asks to be given: whole mailboxes, all that begin alike, or a shard. requests.md §6
import { compareBytes } from '../codec/bytes.ts'
import type { Reader } from '../codec/reader.ts'
import type { Writer } from '../codec/writer.ts'
import { SELECTOR_MAILBOXES_MAX, SELECTOR_PREFIX_BYTES_MAX, SELECTORS } from '../constants.ts'
import { PUBLIC_KEY_BYTES } from '../crypto/lengths.ts'
import { assert } from '../errors.ts'
import { assertShard, checkShard } from '../network/shard.ts'
import type { Sharded } from './shard-map.ts'

export type Selector =
  /** Strictly ascending. */
  | { readonly kind: 'mailboxes'; readonly mailboxes: readonly Uint8Array[] }
  | { readonly kind: 'prefix'; readonly prefix: Uint8Array }
  | { readonly kind: 'shard'; readonly shard: number }

export const SELECTOR_BYTES_MAX = 2 + SELECTOR_MAILBOXES_MAX * PUBLIC_KEY_BYTES

export function writeSelector(writer: Writer, network: Sharded, selector: Selector): void {
  writer.u8(SELECTORS[selector.kind])
  switch (selector.kind) {
    case 'mailboxes': {
      const { mailboxes } = selector
      const { length } = mailboxes
      assert(length >= 1 && length <= SELECTOR_MAILBOXES_MAX, `expected mailboxes, got ${length}`)
      writer.u8(length)
      for (const [at, mailbox] of mailboxes.entries()) {
        const isNext = at === 0 || compareBytes(mailboxes[at - 1]!, mailbox) < 0
        assert(isNext, 'expected mailboxes in ascending order')
        writer.bytes(mailbox, PUBLIC_KEY_BYTES)
      }
      return
    }
    case 'prefix': {
      const { length } = selector.prefix
      assert(length >= 1 && length <= SELECTOR_PREFIX_BYTES_MAX, `a prefix of ${length} bytes`)
      writer.u8(length).bytes(selector.prefix)
      return
    }
    case 'shard':
      assertShard(network, selector.shard)
      writer.u16(selector.shard)
  }
}

export function readSelector(reader: Reader, network: Sharded): Selector {
  switch (reader.u8()) {
    case SELECTORS.mailboxes:
      return { kind: 'mailboxes', mailboxes: readMailboxes(reader) }
    case SELECTORS.prefix: {
      // 32 bytes would be a mailbox, and have two forms.
      const length = reader.within(reader.u8(), 1, SELECTOR_PREFIX_BYTES_MAX, 'length of prefix')
      return { kind: 'prefix', prefix: reader.bytes(length) }
    }
    case SELECTORS.shard:
      return { kind: 'shard', shard: checkShard(network, reader.u16(), 'REQUEST') }
    default:
      return reader.fail('KIND', 'of selector')
  }
}

function readMailboxes(reader: Reader): Uint8Array[] {
  const count = reader.u8()
  if (count === 0) reader.fail('FIELD', 'no mailboxes')
  if (count > SELECTOR_MAILBOXES_MAX) reader.fail('LIMIT', `${count} mailboxes`)
  const mailboxes: Uint8Array[] = []
  for (let at = 0; at < count; at++) {
    const mailbox = reader.bytes(PUBLIC_KEY_BYTES)
    if (at > 0 && compareBytes(mailboxes[at - 1]!, mailbox) >= 0) reader.fail('ORDER')
    mailboxes.push(mailbox)
  }
  return mailboxes
}

/** Whether an envelope is one of those. */
export function isSelected(
  selector: Selector,
  { shard, mailbox }: { readonly shard: number; readonly mailbox: Uint8Array },
): boolean {
  switch (selector.kind) {
    case 'mailboxes':
      return selector.mailboxes.some((own) => compareBytes(own, mailbox) === 0)
    case 'prefix':
      return compareBytes(selector.prefix, mailbox.subarray(0, selector.prefix.length)) === 0
    case 'shard':
      return selector.shard === shard
  }
}
