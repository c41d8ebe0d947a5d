// Histories of two devices and a network, and what must hold at the end of each.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Couple, couple, type Device, same, settle, survive } from './device.ts'
import { NOW, person, seededCrypto, TTL_SECONDS, watchedCrypto } from './people.ts'

const keys = seededCrypto(0)
const people = [person(1, undefined, keys), person(2, undefined, keys)] as const

type Who = 'alice' | 'bob'
export type Move =
  | { readonly kind: 'send'; readonly who: Who }
  | { readonly kind: 'deliver'; readonly at: number; readonly again: boolean }
  | { readonly kind: 'lose'; readonly at: number }
  | { readonly kind: 'crash'; readonly who: Who; readonly when: 'before-write' | 'after-write' }
  | { readonly kind: 'restart'; readonly who: Who }
  | { readonly kind: 'rollback'; readonly who: Who; readonly at: number }
  | { readonly kind: 'wait'; readonly seconds: number }

const who = fc.constantFrom<Who>('alice', 'bob')
const at = fc.nat(1000)
const send = fc.record({ kind: fc.constant('send' as const), who })
const deliver = fc.record({ kind: fc.constant('deliver' as const), at, again: fc.boolean() })
const lose = fc.record({ kind: fc.constant('lose' as const), at })
const when = fc.constantFrom('before-write' as const, 'after-write' as const)
const crash = fc.record({ kind: fc.constant('crash' as const), who, when })
const restart = fc.record({ kind: fc.constant('restart' as const), who })
const rollback = fc.record({ kind: fc.constant('rollback' as const), who, at })
const seconds = fc.constantFrom(1, 60, 86_400, 8 * 86_400)
const wait = fc.record({ kind: fc.constant('wait' as const), seconds })
const pause = fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 600) })

const long = { maxLength: 60, size: 'max' } as const

/** Orders, repeats, stops the programs; loses nothing. */
export const crashes = fc.array(
  fc.oneof(send, send, deliver, deliver, deliver, crash, restart, pause),
  long,
)
export const delays = fc.array(fc.oneof(send, deliver, deliver, restart, wait), long)
export const losses = fc.array(fc.oneof(send, send, deliver, lose, restart, pause), {
  ...long,
  maxLength: 80,
})
export const rollbacks = fc.array(
  fc.oneof(send, send, deliver, deliver, deliver, lose, rollback, rollback, crash, restart, wait),
  long,
)
/** Which of two sessions wins is chance: with the coins, a history is the same each time. */
export const coins = fc.nat()

interface Run extends Couple {
  sent: number
  /** Who writes first each day. */
  readonly order: readonly Device[]
}

function play(run: Run, move: Move): void {
  const { world } = run
  // All within the time to live, or else the network itself would lose what it holds.
  const end = NOW + TTL_SECONDS
  if (move.kind === 'wait') world.nowSeconds = Math.min(world.nowSeconds + move.seconds, end)
  if (move.kind === 'restart') run[move.who].restart()
  if (move.kind === 'crash') run[move.who].crashAt = move.when
  if (move.kind === 'send') {
    const device = run[move.who]
    survive(device, () => device.send(`${move.who} ${run.sent++}`))
  }
  if (move.kind === 'rollback') {
    const device = run[move.who]
    const disk = device.history[move.at % Math.max(1, device.history.length)]
    if (disk !== undefined) device.restore(disk)
  }
  if (world.mail.length === 0 || (move.kind !== 'deliver' && move.kind !== 'lose')) return
  const index = move.at % world.mail.length
  const { to, bytes } = world.mail[index]!
  const device = to === 'alice' ? run.alice : run.bob
  if (move.kind === 'lose') world.mail.splice(index, 1)
  else {
    // Taken out of the network only when the recipient has it on its disk.
    const isDone = survive(device, () => device.receive(bytes))
    if (isDone && !move.again) world.mail.splice(index, 1)
  }
}

function playAll(seed: number, moves: readonly Move[]): Run {
  const two = couple(...people, watchedCrypto(seededCrypto(seed)))
  const order = seed % 2 === 0 ? [two.alice, two.bob] : [two.bob, two.alice]
  const run = { ...two, sent: 0, order }
  for (const move of moves) play(run, move)
  run.alice.crashAt = null
  run.bob.crashAt = null
  return run
}

/** Longer than both sides' silence and patience together. */
const HEAL_DAYS = 12

/** A few days in a network that works, with a person at each end. */
function heal(run: Run): void {
  for (let day = 1; day <= HEAL_DAYS; day++) {
    run.world.nowSeconds += 86_400
    for (const device of run.order) {
      device.tick()
      device.send(`${device.name} heals ${day}`)
    }
    settle(run)
  }
}

const shownTwice = (device: Device) => device.disk.shown.length - new Set(device.disk.shown).size

const directions = ({ alice, bob }: Run) =>
  [
    [alice, bob],
    [bob, alice],
  ] as const

export function losesNothing(seed: number, moves: readonly Move[]): void {
  const run = playAll(seed, moves)
  settle(run)
  heal(run)
  for (const [from, to] of directions(run)) {
    assert.equal(shownTwice(to), 0)
    for (const what of to.disk.shown) assert.ok([...from.disk.sent.values()].includes(what))
    // Written as sent, but stopped before it was handed to the network: the courier's part.
    assert.ok(to.disk.shown.includes(`${from.name} heals ${HEAL_DAYS}`), `${to.name} hears nothing`)
    assert.equal(to.unopened, 0, `${to.name} could not open something`)
  }
  assert.equal(run.alice.disk.lines + run.bob.disk.lines, 0, 'a needless renewal')
  assert.ok(same(run.alice, run.bob), 'two sessions are used to send')
}

export function deliversAll(seed: number, moves: readonly Move[]): void {
  const run = playAll(seed, moves)
  settle(run)
  for (const [from, to] of directions(run)) {
    const sent = [...from.disk.sent.values()].sort()
    assert.deepEqual([...to.disk.shown].sort(), sent)
  }
}

export function canStillTalk(seed: number, moves: readonly Move[]): void {
  const run = playAll(seed, moves)
  run.world.mail.splice(0)
  heal(run)
  for (const [from, to] of directions(run)) {
    assert.equal(shownTwice(to), 0)
    assert.ok(to.disk.shown.includes(`${from.name} heals ${HEAL_DAYS}`), `${to.name} hears nothing`)
  }
  // Whoever hears nothing but the older session for an hour renews once, for nothing.
  assert.ok(run.alice.disk.lines <= 1 && run.bob.disk.lines <= 1)
  assert.ok(same(run.alice, run.bob), 'two sessions are used to send')
}

export function findEachOther(seed: number, moves: readonly Move[]): void {
  const run = playAll(seed, moves)
  run.world.mail.splice(0)
  heal(run)
  for (const [from, to] of directions(run)) {
    assert.ok(to.disk.shown.includes(`${from.name} heals ${HEAL_DAYS}`), `${to.name} hears nothing`)
  }
  assert.ok(same(run.alice, run.bob), 'two sessions are used to send')
}
