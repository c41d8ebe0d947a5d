// What those in between see of a conversation: the wire, and the disks of those who carry.
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { nativeCrypto } from '@ezchat/node/crypto/native.ts'
import { decodeAddress } from '@ezchat/protocol/identity/address.ts'
import { decodeInviteLink } from '@ezchat/protocol/identity/invite.ts'
import { recordMailbox } from '@ezchat/protocol/identity/record.ts'
import { recordName } from '@ezchat/protocol/identity/record-layout.ts'
import { doorPeriod } from '@ezchat/protocol/mailbox/door.ts'
import { found, type Needle, textNeedle } from './needles.ts'
import { allWith, People, textsWith } from './people.ts'
import { freePort } from './ports.ts'
import { type Daemon, PATIENCE_MS } from './process.ts'
import { Wiretap } from './wiretap.ts'

const crypto = nativeCrypto()
const TEXTS = { alice: 'the heron stands in the reeds', bob: 'and the otter is not at home' }
const PETNAMES = { ofBob: 'grey-fisherman', ofAlice: 'reed-warbler' }
const NAMES = { alice: 'alice-of-the-lake', bob: 'bob-of-the-weir' }

/** All files below, with their content. */
async function filesIn(directory: string): Promise<Buffer[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile())
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name))))
}

describe('two people and two carriers, on a wire that is listened to', () => {
  let people: People
  const taps: Wiretap[] = []
  const daemons: Daemon[] = []
  const needles: Needle[] = []

  /** Others reach it through a tap only. */
  async function tapped(name: string, { verb = 'daemon', flags = [] as string[] } = {}) {
    const port = await freePort()
    const tap = await Wiretap.open(port)
    taps.push(tap)
    const places = ['--listen', `/ip4/127.0.0.1/tcp/${port}`]
    const announce = `/ip4/127.0.0.1/tcp/${tap.port}`
    const all = [...places, '--announce', announce, ...flags]
    const daemon = await (verb === 'daemon' ? people.daemon(name, all) : people.node(name, all))
    daemons.push(daemon)
    return { daemon, address: `${announce}/p2p/${daemon.ready.peer}` }
  }

  before(async () => {
    people = await People.open('tapped')
    const { address } = await tapped('node', { verb: 'bootstrap' })
    const flags = ['--bootstrap', address]
    await people.init('carrier')
    await tapped('carrier', { flags })
    for (const name of ['alice', 'bob'] as const) {
      await people.init(NAMES[name])
      await tapped(NAMES[name], { flags })
    }
    await converse()
  })
  after(async () => {
    await people.close()
    await Promise.all(taps.map((tap) => tap.close()))
  })

  async function converse(): Promise<void> {
    const { alice, bob } = NAMES
    const { invite } = await people.ask(bob, 'invite', {})
    await people.ask(alice, 'add', { target: invite, name: PETNAMES.ofBob })
    const wait = { wait: 'delivered', timeoutMs: PATIENCE_MS } as const
    await people.ask(alice, 'send', { to: PETNAMES.ofBob, text: TEXTS.alice, ...wait })
    const addresses = {
      alice: (await people.ask(alice, 'id', {})).address,
      bob: (await people.ask(bob, 'id', {})).address,
    }
    await people.ask(bob, 'contacts.rename', { peer: addresses.alice, name: PETNAMES.ofAlice })
    await people.ask(bob, 'send', { to: PETNAMES.ofAlice, text: TEXTS.bob, ...wait })
    const link = decodeInviteLink(crypto, invite, Math.floor(Date.now() / 1000))
    for (const name of ['alice', 'bob'] as const) {
      needles.push(
        textNeedle(`${name}: text`, TEXTS[name]),
        textNeedle(`${name}: own name`, NAMES[name]),
        textNeedle(`${name}: address`, addresses[name]),
        textNeedle(`${name}: address, its data`, addresses[name].slice(4, -6)),
        { name: `${name}: identity key`, bytes: decodeAddress(addresses[name])! },
      )
    }
    needles.push(
      ...Object.values(PETNAMES).map((petname) => textNeedle(`petname ${petname}`, petname)),
      { name: 'door secret', bytes: link!.doorSecret.reveal() },
      { name: 'token', bytes: link!.token!.reveal() },
    )
  }

  test('all of it goes through the taps', async () => {
    const ports = taps.map(({ port }) => String(port))
    for (const name of ['node', 'carrier', ...Object.values(NAMES)]) {
      const { peers } = await people.ask(name, 'peers', {})
      assert.ok(peers.length > 0)
      for (const { isDialled, addresses } of peers.filter((peer) => peer.isDialled)) {
        assert.ok(
          isDialled && addresses.every((at) => ports.includes(at.split('/')[4] ?? '')),
          name,
        )
      }
    }
    const heard = Buffer.concat(taps.flatMap((tap) => tap.recordings))
    // What opens every connection is in plain text, and nothing behind it is.
    assert.ok(heard.includes('/multistream/1.0.0') && heard.includes('/noise'))
    assert.equal(heard.includes('ezchat'), false)
  })

  test('shows neither who they are, nor what they write, nor what they call each other', () => {
    const heard = taps.flatMap((tap) => tap.recordings)
    assert.deepEqual(found(needles, heard), [])
    for (const needle of needles) {
      const encoded = Buffer.from(Buffer.concat([Buffer.alloc(1), needle.bytes]).toString('base64'))
      assert.deepEqual(found([needle], [...heard, needle.bytes]), [needle.name])
      assert.deepEqual(found([needle], [...heard, encoded]), [needle.name])
    }
  })

  test('is not in the stores of the carriers either, nor in any log', async () => {
    const { envelopes } = await people.ask('carrier', 'status', {})
    assert.ok(envelopes > 0)
    assert.ok((await people.ask('node', 'status', {})).envelopes > 0)
    await Promise.all(daemons.map((daemon) => daemon.end('SIGTERM')))
    const carried = await Promise.all([
      ...['node', 'carrier'].map((name) => filesIn(people.home(name))),
      // The two carry for each other as for everybody; what is their own is locked.
      ...Object.values(NAMES).map((name) => filesIn(join(people.home(name), 'data'))),
    ])
    assert.ok(carried.every((files) => files.length > 0))
    const disks = carried.flat()
    assert.ok(disks.reduce((sum, { length }) => sum + length, 0) > 10_000)
    assert.deepEqual(found(needles, disks), [])
    const logs = daemons.map(({ log }) => Buffer.from(log))
    assert.deepEqual(found(needles, logs), [])
  })
})

describe('an invite alone', () => {
  let people: People
  before(async () => {
    people = await People.open('invite alone')
  })
  after(() => people.close())

  /** Under which bob's record is kept, today and tomorrow. */
  function recordNames(invite: string): Needle[] {
    const nowSeconds = Math.floor(Date.now() / 1000)
    const link = decodeInviteLink(crypto, invite, nowSeconds)
    assert.ok(link !== null)
    const today = doorPeriod(nowSeconds)
    return [today, today + 1].map((period) => ({
      name: `record of ${period}`,
      bytes: recordName(crypto, link.networkId, recordMailbox(crypto, link, period)),
    }))
  }

  /** Until they lie on the node's disk: nobody is told of it. */
  async function untilKept(names: readonly Needle[]): Promise<void> {
    const endMs = performance.now() + PATIENCE_MS
    for (;;) {
      if (found(names, await filesIn(people.home('node'))).length === names.length) return
      if (performance.now() > endMs) throw new Error('the record is not published')
      await pause(200)
    }
  }

  test('is enough for a first message, with nobody else known and its writer away', async () => {
    const node = await people.node()
    await Promise.all([people.init('alice'), people.init('bob')])
    let bob = await people.daemon('bob', ['--bootstrap', node.address])
    await people.untilPeer('bob', node.ready.peer)
    await untilKept(recordNames((await people.ask('bob', 'invite', {})).invite))
    // An invite names the carriers that are known when it is made.
    const { invite } = await people.ask('bob', 'invite', {})
    assert.equal(await bob.end('SIGTERM'), 0)

    await people.daemon('alice')
    assert.deepEqual((await people.ask('alice', 'peers', {})).peers, [])
    await people.ask('alice', 'add', { target: invite, name: 'bob' })
    const terms = { to: 'bob', wait: 'stored', timeoutMs: PATIENCE_MS } as const
    const sent = await people.ask('alice', 'send', { ...terms, text: 'found you' })
    assert.equal(sent.state, 'stored')
    bob = await people.daemon('bob', ['--bootstrap', node.address])
    await people.until('bob', async (client) => {
      const { contacts } = await client.call('contacts.list', {})
      const [first] = contacts
      return first !== undefined && (await textsWith(client, first.address)).includes('found you')
    })
    await people.until('alice', async (client) => {
      return (await allWith(client, 'bob'))[0]?.state === 'delivered'
    })
  })
})
