// The plainest way: the initiator sends all its ids, sorted; the responder merges them with its own
// and sends back the ids that the initiator lacks, and a bit for each of those that it lacks itself.
// One round trip. Both stores are handed over sorted by id, as a store with ordered keys has them.
import {
  CpuAccounts,
  compareIds,
  hexOf,
  ID_BYTES,
  type IdStore,
  isExactly,
  type SyncReport,
  sortedOrder,
  type TwoStores,
} from './two-stores.ts'

interface Answer {
  readonly missingBits: Uint8Array
  readonly ids: Uint8Array
}

/** Not charged to anybody. */
function sortedById({ count, ids }: IdStore): Uint8Array {
  const view = new DataView(ids.buffer, ids.byteOffset, ids.length)
  const order = sortedOrder(
    count,
    (item) => view.getUint32(item * ID_BYTES),
    (a, b) => compareIds(ids, a, ids, b),
  )
  const sorted = new Uint8Array(ids.length)
  for (let place = 0; place < count; place++) {
    const at = order[place]! * ID_BYTES
    sorted.set(ids.subarray(at, at + ID_BYTES), place * ID_BYTES)
  }
  return sorted
}

function merge(theirs: Uint8Array, ours: Uint8Array): Answer {
  const theirCount = theirs.length / ID_BYTES
  const ourCount = ours.length / ID_BYTES
  const missingBits = new Uint8Array(Math.ceil(theirCount / 8))
  const oursOnly: number[] = []
  let own = 0
  for (let item = 0; item < theirCount; item++) {
    let order = own < ourCount ? compareIds(ours, own, theirs, item) : 1
    while (order < 0) {
      oursOnly.push(own++)
      order = own < ourCount ? compareIds(ours, own, theirs, item) : 1
    }
    if (order === 0) own++
    else missingBits[item >> 3]! |= 0x80 >> (item & 7)
  }
  while (own < ourCount) oursOnly.push(own++)
  const ids = new Uint8Array(oursOnly.length * ID_BYTES)
  for (const [at, item] of oursOnly.entries()) {
    ids.set(ours.subarray(item * ID_BYTES, (item + 1) * ID_BYTES), at * ID_BYTES)
  }
  return { missingBits, ids }
}

export function exchangeSortedIds(stores: TwoStores): SyncReport {
  const cpu = new CpuAccounts()
  const initiator = sortedById(stores.initiator)
  const responder = sortedById(stores.responder)
  const question = cpu.charge('initiator', () => initiator.slice())
  const answer = cpu.charge('responder', () => merge(question, responder))
  const found = cpu.charge('initiator', () => {
    const initiatorOnly: string[] = []
    for (let item = 0; item < stores.initiator.count; item++) {
      const isMissing = (answer.missingBits[item >> 3]! & (0x80 >> (item & 7))) !== 0
      if (isMissing) initiatorOnly.push(hexOf(initiator, item))
    }
    const count = answer.ids.length / ID_BYTES
    const responderOnly = Array.from({ length: count }, (_, item) => hexOf(answer.ids, item))
    return { initiatorOnly, responderOnly }
  })
  return {
    bytes: question.length + answer.missingBits.length + answer.ids.length,
    roundTrips: 1,
    cpuSecondsInitiator: cpu.seconds.initiator,
    cpuSecondsResponder: cpu.seconds.responder,
    ok:
      isExactly(found.initiatorOnly, stores.initiatorOnly) &&
      isExactly(found.responderOnly, stores.responderOnly),
  }
}
