// Random lives of a group: who is added and removed, rotates and writes, with everything lost,
// late, twice and out of order in between.
import assert from 'node:assert/strict'
import test from 'node:test'
import { toHex } from '../../src/codec/bytes.ts'
import { ProtocolError } from '../../src/errors.ts'
import { sendingEpoch } from '../../src/group/keys.ts'
import type { Rotated } from '../../src/group/rotate.ts'
import { type Draw, drawFrom } from './history.ts'
import { align, deliver, founding, type GroupDevice, real } from './members.ts'
import { crypto } from './people.ts'

interface Letter {
  readonly text: string
  readonly bytes: Uint8Array
  /** Who the author knew to be in, as hex of their devices. */
  readonly meantFor: ReadonlySet<string>
}

class World {
  readonly devices: readonly GroupDevice[]
  readonly rotations: Rotated[] = []
  readonly letters: Letter[] = []
  readonly draw: Draw

  constructor(seed: number) {
    this.draw = drawFrom(seed)
    const [founder, ...others] = ['alice', 'bob', 'carol', 'dave', 'erin'].map((name) => real(name))
    this.devices = founding(founder!, others).devices
    for (const other of others.slice(0, 1)) {
      this.devices[0]!.replica.do(founder!, { kind: 'promote', identity: other.identity })
    }
    align(this.devices)
    this.rotate(this.devices[0]!)
  }

  any(): GroupDevice {
    return this.devices[this.draw(this.devices.length)]!
  }

  rotate(by: GroupDevice): void {
    this.rotations.push(by.rotate())
  }

  write(by: GroupDevice): void {
    if (!by.replica.has(by.self)) return
    if (sendingEpoch(crypto, by.keys, by.roster) === null) this.rotate(by)
    const text = `${this.letters.length}`
    const meantFor = new Set(by.roster.active.map(({ device }) => toHex(device)))
    this.letters.push({ text, bytes: by.send(text), meantFor })
  }

  /** What is refused or cannot be opened yet is simply left. */
  try(attempt: () => unknown): void {
    try {
      attempt()
    } catch (error: unknown) {
      if (!(error instanceof ProtocolError)) throw error
    }
  }

  step(): void {
    const one = this.any()
    const { self, replica } = one
    const other = this.any()
    switch (this.draw(9)) {
      case 0:
        this.try(() => replica.remove(self, other.self))
        break
      case 1:
        this.try(() => replica.add(self, other.self))
        break
      case 2:
        if (replica.has(self)) this.rotate(one)
        break
      case 3:
      case 4:
        this.write(one)
        break
      case 5:
        replica.merge(other.replica)
        break
      case 6: {
        const rotated = this.rotations[this.draw(this.rotations.length)]!
        this.try(() => deliver(rotated, [one]))
        break
      }
      default: {
        const letter = this.letters[this.draw(Math.max(1, this.letters.length))]
        if (letter !== undefined) this.try(() => one.receive(letter.bytes))
      }
    }
  }

  /** The network heals: everybody gets everything, some of it again. */
  heal(): void {
    align(this.devices)
    for (const rotated of this.rotations) {
      for (const one of this.devices) this.try(() => deliver(rotated, [one]))
    }
    for (const { bytes } of this.letters) {
      for (const one of this.devices) this.try(() => one.receive(bytes))
    }
  }
}

function check(world: World): void {
  for (const { self, read } of world.devices) {
    assert.equal(new Set(read).size, read.length, `${self.name} saw a message twice`)
    for (const text of read) {
      const { meantFor } = world.letters.find((letter) => letter.text === text)!
      assert.ok(meantFor.has(toHex(self.device)), `${self.name} read what was not for them`)
    }
  }
}

/** Once all know all, one rotation is enough for every member to read everything. */
function checkLiveness(world: World): void {
  const members = world.devices.filter(({ self, replica }) => replica.has(self))
  const [speaker] = members
  if (speaker === undefined) return
  const rotated = speaker.rotate()
  for (const one of world.devices) world.try(() => deliver(rotated, [one]))
  const bytes = speaker.send('all of you')
  for (const one of world.devices) {
    if (one === speaker) continue
    if (members.includes(one)) assert.equal(one.receive(bytes), 'all of you', one.self.name)
    else assert.equal(one.open(bytes), null, `${one.self.name} was removed`)
  }
}

function live(seed: number): number {
  const world = new World(seed)
  for (let step = 0; step < 40; step++) world.step()
  check(world)
  world.heal()
  check(world)
  checkLiveness(world)
  return world.letters.length
}

test('in 150 random lives nobody reads what was sent without them, or anything twice', () => {
  let letters = 0
  for (let seed = 0; seed < 150; seed++) {
    try {
      letters += live(seed)
    } catch (error: unknown) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
  assert.ok(letters > 500, `${letters} messages are too few to say anything`)
})
