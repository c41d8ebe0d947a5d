// Users and the lanes between them: who may open what.
import type { Crypto } from '@ezchat/protocol/crypto/crypto.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { deriveLane, type Lane, laneDay } from '@ezchat/protocol/mailbox/lane.ts'
import type { Network } from '@ezchat/protocol/network/descriptor.ts'
import type { Random } from './random.ts'

export interface Box {
  readonly lane: Lane
  readonly author: number
  readonly recipient: number
}

const nameOf = (mailbox: Uint8Array) => String.fromCharCode(...mailbox)

export class People {
  readonly #crypto: Crypto
  readonly #network: Network
  readonly #random: Random
  readonly #secrets = new Map<string, Secret>()
  readonly #lanes = new Map<string, Lane>()
  readonly #boxes = new Map<string, Box>()
  readonly #byRecipient = new Map<number, Box[]>()

  constructor(crypto: Crypto, network: Network, random: Random) {
    this.#crypto = crypto
    this.#network = network
    this.#random = random
  }

  /** The mailbox of the day from one to the other. Both know of it from the day before. */
  laneOf(author: number, recipient: number, nowSeconds: number): Lane {
    const day = laneDay(nowSeconds)
    const name = `${author}/${recipient}/${day}`
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const secret = this.#secretOf(Math.min(author, recipient), Math.max(author, recipient))
    const direction = author < recipient ? 0 : 1
    const terms = { networkId: this.#network.id, direction, day } as const
    const lane = deriveLane(this.#crypto, secret, terms)
    this.#lanes.set(name, lane)
    const box = { lane, author, recipient }
    this.#boxes.set(nameOf(lane.mailbox), box)
    const boxes = this.#byRecipient.get(recipient) ?? []
    this.#byRecipient.set(recipient, [...boxes, box])
    return lane
  }

  boxOf(mailbox: Uint8Array): Box | null {
    return this.#boxes.get(nameOf(mailbox)) ?? null
  }

  boxesOf(recipient: number): readonly Box[] {
    return this.#byRecipient.get(recipient) ?? []
  }

  #secretOf(low: number, high: number): Secret {
    const name = `${low}/${high}`
    const known = this.#secrets.get(name)
    if (known !== undefined) return known
    const secret = Secret.adopt(this.#random.split(name).bytes(32))
    this.#secrets.set(name, secret)
    return secret
  }
}
