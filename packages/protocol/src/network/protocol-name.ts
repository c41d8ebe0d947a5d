import { toHex } from '../codec/bytes.ts'
import { ID_BYTES } from '../constants.ts'
import { assertLength } from '../crypto/lengths.ts'
import { assert } from '../errors.ts'

const ID_BYTES_IN_NAME = 16

/**
 * network.md §5: what two nodes of one network call a protocol, and no other network does. Half
 * of the id is 128 bits: nobody finds a second network for it.
 */
export function protocolName(networkId: Uint8Array, name: string, version: number): string {
  assertLength('network id', networkId.length, ID_BYTES)
  assert(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= 32, `not a protocol: ${name}`)
  assert(Number.isInteger(version) && version >= 1, `expected a version, got ${version}`)
  return `/ezchat/${toHex(networkId.subarray(0, ID_BYTES_IN_NAME))}/${name}/${version}`
}
