import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changePassphrase, createKey, unlockKey } from '@ezchat/node/messenger/key-file.ts'
import { Vault, type VaultMigration } from '@ezchat/node/messenger/vault.ts'
import { MemoryKeyValue } from '@ezchat/node/store/memory-store.ts'
import { fromHex, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { Secret } from '@ezchat/protocol/crypto/secret.ts'
import { decodeAddress } from '@ezchat/protocol/identity/address.ts'
import { acquainted, crypto, memoryKeyFile, World } from './world.ts'

const passphrase = (text: string) => Secret.adopt(utf8(text))

test('a passphrase is needed, a wrong one is refused, and it can be set, changed and removed', async () => {
  const file = memoryKeyFile()
  const key = await createKey(crypto, file, passphrase('correct horse'))
  await assert.rejects(unlockKey(crypto, file, null), { code: 'PASSPHRASE_NEEDED' })
  await assert.rejects(unlockKey(crypto, file, passphrase('wrong')), { code: 'PASSPHRASE_WRONG' })
  const read = await unlockKey(crypto, file, passphrase('correct horse'))
  assert.deepEqual(read.reveal(), key.reveal())
  await changePassphrase(crypto, file, { from: passphrase('correct horse'), to: passphrase('new') })
  await assert.rejects(unlockKey(crypto, file, passphrase('correct horse')), {
    code: 'PASSPHRASE_WRONG',
  })
  await changePassphrase(crypto, file, { from: passphrase('new'), to: null })
  assert.deepEqual((await unlockKey(crypto, file, null)).reveal(), key.reveal())
  await assert.rejects(createKey(crypto, file, null), { code: 'HOME_DAMAGED' })
  await assert.rejects(unlockKey(crypto, memoryKeyFile(), null), { code: 'NO_HOME' })
})

test('a key file that was changed is refused, without taking all memory', async () => {
  const file = memoryKeyFile()
  await createKey(crypto, file, passphrase('correct horse'))
  const whole = file.bytes!
  for (const length of [0, 1, 20, whole.length - 1]) {
    file.bytes = whole.slice(0, length)
    await assert.rejects(unlockKey(crypto, file, passphrase('x')), { code: 'HOME_DAMAGED' })
  }
  file.bytes = whole.with(18, 0xff)
  await assert.rejects(unlockKey(crypto, file, passphrase('x')), { code: 'HOME_DAMAGED' })
  file.bytes = whole.with(0, 9)
  await assert.rejects(unlockKey(crypto, file, passphrase('x')), { code: 'HOME_NEWER' })
})

test('a row opens under its own key and with the right vault only', async () => {
  const keyValue = new MemoryKeyValue()
  const key = Secret.adopt(crypto.randomBytes(32))
  const vault = await Vault.open({ keyValue, crypto, key })
  const one = vault.key(0x70, Uint8Array.of(1))
  const two = vault.key(0x70, Uint8Array.of(2))
  await vault.write([vault.seal(one, utf8('hello'))])
  assert.deepEqual(await vault.get(one), utf8('hello'))
  const stored = await keyValue.get(one)
  await keyValue.write([{ key: two, value: stored }])
  await assert.rejects(vault.get(two), { code: 'HOME_DAMAGED' })
  const other = Secret.adopt(crypto.randomBytes(32))
  await assert.rejects(Vault.open({ keyValue, crypto, key: other }), { code: 'HOME_DAMAGED' })
  assert.notDeepEqual(vault.name(1, utf8('bob')), vault.name(2, utf8('bob')))
})

test('a view keeps the order of its keys and seals their values', async () => {
  const keyValue = new MemoryKeyValue()
  const vault = await Vault.open({ keyValue, crypto, key: Secret.adopt(crypto.randomBytes(32)) })
  const view = vault.view(0x43)
  const rows = [1, 2, 3].map((n) => ({ key: Uint8Array.of(n), value: utf8(`secret ${n}`) }))
  await view.write(rows, { sync: true })
  await keyValue.write(view.sealed([{ key: Uint8Array.of(2), value: null }]))
  const range = { from: Uint8Array.of(0), before: Uint8Array.of(9), countMax: 9 }
  assert.deepEqual(await view.page(range), [
    [Uint8Array.of(1), utf8('secret 1')],
    [Uint8Array.of(3), utf8('secret 3')],
  ])
  assert.deepEqual(await view.pageKeys(range), [Uint8Array.of(1), Uint8Array.of(3)])
  assert.deepEqual(await view.getMany([Uint8Array.of(3), Uint8Array.of(4)]), [
    utf8('secret 3'),
    null,
  ])
  assert.ok(!keyValue.rows().some(([, value]) => toHex(value).includes(toHex(utf8('secret')))))
})

test('migrations go on where they stopped, and a newer home is refused', async () => {
  const keyValue = new MemoryKeyValue()
  const key = Secret.adopt(crypto.randomBytes(32))
  const first = await Vault.open({ keyValue, crypto, key })
  const rows = [1, 2, 3].map((n) => first.seal(first.key(0x70, Uint8Array.of(n)), Uint8Array.of(n)))
  await first.write(rows)
  let steps = 0
  const migration: VaultMigration = {
    from: 1,
    async step(vault, position) {
      const at = (position?.[0] ?? 0) + 1
      if (++steps === 2) throw new Error('killed')
      const row = vault.key(0x70, Uint8Array.of(at))
      const operations = [vault.seal(row, Uint8Array.of(at * 10))]
      return { operations, position: at === 3 ? null : Uint8Array.of(at) }
    },
  }
  const init = { keyValue, crypto, key, version: 2, migrations: [migration] }
  await assert.rejects(Vault.open(init), { message: 'killed' })
  const vault = await Vault.open(init)
  const values = await Promise.all(
    [1, 2, 3].map((n) => vault.get(vault.key(0x70, Uint8Array.of(n)))),
  )
  assert.deepEqual(
    values,
    [10, 20, 30].map((n) => Uint8Array.of(n)),
  )
  assert.equal(steps, 4)
  await assert.rejects(Vault.open({ keyValue, crypto, key }), { code: 'HOME_NEWER' })
})

test('the disk shows neither names, texts, addresses nor keys of anybody', async () => {
  const world = new World()
  const [alice, bob] = await acquainted(world)
  await alice.messenger.contacts.rename('bob', 'canary-petname')
  await alice.messenger.send('canary-petname', 'canary-text')
  await world.pass(2000)
  await bob.messenger.send('alice', 'canary-answer')
  await world.pass(2000)
  const addresses = [alice, bob].map(({ messenger }) => messenger.identity().address)
  const keys = addresses.map((address) => toHex(decodeAddress(address)!))
  const { id } = await alice.messenger.send('canary-petname', 'canary-last')
  const hidden = [
    ...['canary', 'alice', 'laptop', ...addresses].map((text) => toHex(utf8(text))),
    ...keys,
    id.replaceAll('-', ''),
  ]
  for (const villager of [alice, bob]) {
    await villager.stop()
    villager.disk.restart()
    const everything = { from: new Uint8Array(0), before: Uint8Array.of(0xff), countMax: 1e6 }
    const rows = await villager.disk.page(everything)
    assert.ok(rows.length > 20)
    for (const [key, value] of rows) {
      const raw = toHex(key) + toHex(value)
      for (const secret of hidden) assert.ok(!raw.includes(secret), `${secret} in ${toHex(key)}`)
    }
  }
  for (const { envelope } of world.office.bag) assert.ok(envelope.length >= 1024)
  for (const { bytes } of world.office.kept) {
    for (const secret of hidden) assert.ok(!toHex(bytes).includes(secret))
  }
  assert.equal(fromHex(keys[0]!).length, 32)
})
