import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { toHex, utf8 } from '../../src/codec/bytes.ts'
import { encodeLink } from '../../src/codec/link.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { type DeviceLink, decodeDeviceLink, encodeDeviceLink } from '../../src/device/link-body.ts'
import { sealLinkContent } from '../../src/device/link-keys.ts'
import { encodeStop } from '../../src/device/link-message.ts'
import {
  decodeNewcomer,
  decodeSponsor,
  encodeNewcomer,
  encodeSponsor,
} from '../../src/device/link-state.ts'
import {
  handleNewcomer,
  type NewcomerEffect,
  type NewcomerEvent,
  newcomerDeadlineSeconds,
  repeatNewcomer,
} from '../../src/device/newcomer.ts'
import type { Newcomer } from '../../src/device/newcomer-start.ts'
import {
  type GrantTerms,
  handleSponsor,
  repeatSponsor,
  type Sponsor,
  type SponsorEffect,
  type SponsorEvent,
  sponsorDeadlineSeconds,
  startSponsor,
} from '../../src/device/sponsor.ts'
import { ProtocolError } from '../../src/errors.ts'
import type { DeviceChange } from '../../src/identity/device-log-entry.ts'
import { DEVICE_LINK_SECONDS, LINK_DONE_SLACK_SECONDS } from '../../src/limits.ts'
import {
  add,
  crypto,
  deviceOf,
  grantTerms,
  laptopOnly,
  laptopSigner,
  linkTerms,
  log,
  NOW,
  networkId,
  shownLink,
} from './family.ts'

const own = { networkId, nowSeconds: NOW }

/** Every secret in a value, however deep. */
function secretsIn(value: unknown, found: Secret[] = []): Secret[] {
  if (value instanceof Secret) found.push(value)
  else if (value !== null && typeof value === 'object' && !(value instanceof Uint8Array)) {
    for (const inner of Object.values(value)) secretsIn(inner, found)
  }
  return found
}

/** Both devices, and what lies between them. Effects are only carried out by `carry`. */
class Desk {
  newcomer: Newcomer
  sponsor: Sponsor
  readonly link: DeviceLink
  nowSeconds = NOW
  /** All that either state ever held. */
  readonly secrets = new Set<Secret>()
  readonly toNewcomer: Uint8Array[] = []
  readonly toSponsor: Uint8Array[] = []
  readonly newcomerEffects: NewcomerEffect[] = []
  readonly sponsorEffects: SponsorEffect[] = []

  constructor() {
    const { state, link } = shownLink()
    this.newcomer = state
    this.link = link
    const started = startSponsor(crypto, link, own)
    this.sponsor = started.state
    this.carry('sponsor', started.effects)
  }

  carry(side: 'sponsor' | 'newcomer', effects: readonly (SponsorEffect | NewcomerEffect)[]): void {
    for (const secret of secretsIn([this.newcomer, this.sponsor])) this.secrets.add(secret)
    for (const effect of effects) {
      if (effect.kind === 'post') {
        ;(side === 'sponsor' ? this.toNewcomer : this.toSponsor).push(effect.message)
      }
    }
    if (side === 'sponsor') this.sponsorEffects.push(...(effects as SponsorEffect[]))
    else this.newcomerEffects.push(...(effects as NewcomerEffect[]))
  }

  tellNewcomer(event: NewcomerEvent): void {
    const step = handleNewcomer(crypto, this.newcomer, event, this.nowSeconds)
    this.newcomer = step.state
    this.carry('newcomer', step.effects)
  }

  tellSponsor(event: SponsorEvent): void {
    const step = handleSponsor(crypto, this.sponsor, event, this.nowSeconds)
    this.sponsor = step.state
    this.carry('sponsor', step.effects)
  }

  /** Everything arrives, in order, until nothing moves. */
  settle(): this {
    while (this.toNewcomer.length + this.toSponsor.length > 0) {
      const message = this.toNewcomer.shift()
      if (message !== undefined) this.tellNewcomer({ kind: 'message', message })
      const answer = this.toSponsor.shift()
      if (answer !== undefined) this.tellSponsor({ kind: 'message', message: answer })
    }
    return this
  }

  codes(): { shown: string; expected: string } {
    const codeIn = (effects: readonly (SponsorEffect | NewcomerEffect)[]): string => {
      const shown = effects.find((effect) => effect.kind === 'show-code')
      assert.ok(shown?.kind === 'show-code', 'no code is shown')
      return shown.code
    }
    return { shown: codeIn(this.newcomerEffects), expected: codeIn(this.sponsorEffects) }
  }

  confirm(terms: GrantTerms = grantTerms(laptopOnly())): this {
    this.tellSponsor({ kind: 'code', typed: this.codes().shown, terms })
    this.tellNewcomer({ kind: 'compared', isSame: true })
    return this
  }

  restart(): void {
    if ('link' in this.newcomer) this.newcomer = decodeNewcomer(encodeNewcomer(this.newcomer))
    if ('link' in this.sponsor) this.sponsor = decodeSponsor(encodeSponsor(this.sponsor))
    this.carry('newcomer', repeatNewcomer(crypto, this.newcomer))
    this.carry('sponsor', repeatSponsor(crypto, this.sponsor))
  }

  linked() {
    const linked = this.newcomerEffects.find((effect) => effect.kind === 'linked')
    assert.ok(linked?.kind === 'linked', `the new device is ${this.newcomer.phase}`)
    return linked
  }
}

const flip = (message: Uint8Array, at: number): Uint8Array =>
  message.with(at < 0 ? message.length + at : at, message.at(at)! ^ 1)

const refuses = (run: () => void, code: string): void => {
  assert.throws(run, (error: unknown) => error instanceof ProtocolError && error.code === code)
}

describe('linking', () => {
  test('both devices show the same six digits, and the new one ends up in the log', () => {
    const desk = new Desk().settle()
    const { shown, expected } = desk.codes()
    assert.match(shown, /^\d{6}$/)
    assert.equal(shown, expected)
    desk.confirm().settle()
    const { device, grant, log: seen } = desk.linked()
    assert.equal(desk.sponsor.phase, 'linked')
    assert.equal(seen.devices.get(toHex(device.deviceId))?.name, 'phone')
    const added = desk.sponsorEffects.find((effect) => effect.kind === 'added')
    assert.ok(added?.kind === 'added')
    assert.deepEqual(seen.entries, added.log.entries)
    assert.equal(grant.homeShard, 3)
    assert.equal(grant.warrants.length, 2)
    assert.deepEqual(grant.snapshot?.reveal(), utf8('where the snapshot lies'))
  })

  test('a device that manages links one without the words', () => {
    const terms = { ...grantTerms(laptopOnly(), laptopSigner), warrantsFor: () => [] }
    const desk = new Desk().settle().confirm(terms).settle()
    assert.equal(desk.linked().grant.warrants.length, 0)
  })

  test('a device without the right cannot link another, and nothing is sent', () => {
    const from = log([add('laptop', ['publish']), null])
    const desk = new Desk().settle()
    const before = desk.sponsor
    refuses(() => desk.confirm(grantTerms(from, laptopSigner)), 'DEVICE_LOG_PERMISSION')
    assert.equal(desk.sponsor, before)
    assert.equal(desk.toNewcomer.length, 0)
  })

  test('a device that may not publish gets no warrants', () => {
    const desk = new Desk().settle()
    desk.confirm(grantTerms(laptopOnly(), undefined, [])).settle()
    assert.equal(desk.linked().grant.warrants.length, 0)
  })

  test('a log that fills several envelopes arrives whole', () => {
    const steps: [DeviceChange, string | null][] = [[add('laptop', ['publish', 'manage']), null]]
    for (let i = 0; i < 170; i++) {
      steps.push([add(`n${i}`), null], [{ op: 'revoke', id: deviceOf(`n${i}`).id }, null])
    }
    const long = log(...steps)
    const desk = new Desk().settle().confirm(grantTerms(long))
    assert.ok(desk.toNewcomer.length > 1)
    desk.restart()
    desk.toNewcomer.reverse()
    desk.tellNewcomer({ kind: 'message', message: desk.toNewcomer.shift()! })
    desk.restart()
    desk.settle()
    assert.equal(desk.linked().log.entries.length, long.entries.length + 1)
  })

  test('it ends well in any order of user and network, with restarts and repeats in between', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { maxLength: 40 }), (choices) => {
        const desk = new Desk()
        const seen: ['newcomer' | 'sponsor', Uint8Array][] = []
        const next = (side: 'newcomer' | 'sponsor'): void => {
          const message = (side === 'newcomer' ? desk.toNewcomer : desk.toSponsor).shift()
          if (message === undefined) return
          seen.push([side, message])
          deliver(side, message)
        }
        const deliver = (side: 'newcomer' | 'sponsor', message: Uint8Array): void => {
          const event = { kind: 'message', message } as const
          try {
            if (side === 'newcomer') desk.tellNewcomer(event)
            else desk.tellSponsor(event)
          } catch (error: unknown) {
            assert.ok(error instanceof ProtocolError && error.code === 'DEVICE_STATE')
          }
        }
        for (const choice of choices) {
          if (choice < 2) next('newcomer')
          else if (choice < 4) next('sponsor')
          else if (choice === 4) desk.restart()
          else for (const [side, message] of seen) deliver(side, message)
        }
        desk.restart()
        for (let i = 0; i < 3; i++) desk.settle()
        desk.confirm()
        desk.restart()
        desk.settle()
        assert.equal(desk.newcomer.phase, 'linked')
        assert.equal(desk.sponsor.phase, 'linked')
      }),
      { numRuns: 40 },
    )
  })

  test('the new device waits for its user, even with the grant in its hands', () => {
    const desk = new Desk().settle()
    const { shown } = desk.codes()
    desk.tellSponsor({ kind: 'code', typed: shown, terms: grantTerms(laptopOnly()) })
    desk.settle()
    assert.equal(desk.newcomer.phase, 'keyed')
    desk.tellNewcomer({ kind: 'compared', isSame: true })
    assert.equal(desk.newcomer.phase, 'linked')
  })

  test('people may type spaces and dashes', () => {
    const desk = new Desk().settle()
    const { shown } = desk.codes()
    const typed = ` ${shown.slice(0, 3)}-${shown.slice(3)} `
    desk.tellSponsor({ kind: 'code', typed, terms: grantTerms(laptopOnly()) })
    assert.equal(desk.sponsor.phase, 'granted')
  })
})

/** All that may be left behind of a state: nothing that is secret. */
function assertNothingLeft(desk: Desk): void {
  for (const state of [desk.newcomer, desk.sponsor]) {
    assert.deepEqual(Object.keys(state).sort(), ['phase', 'reason'])
  }
  const ended = [...desk.newcomerEffects, ...desk.sponsorEffects].filter(
    (effect) => effect.kind === 'ended',
  )
  assert.equal(ended.length, 2)
  for (const effect of [...desk.newcomerEffects, ...desk.sponsorEffects]) {
    if ('wipe' in effect) for (const secret of effect.wipe) secret.wipe()
  }
  assert.ok(desk.secrets.size >= 5)
  for (const secret of desk.secrets) {
    assert.throws(() => secret.reveal(), 'a secret that is not wiped')
  }
}

describe('what goes wrong', () => {
  test('a wrong code ends it on both devices, and nobody was added', () => {
    const desk = new Desk().settle()
    const { shown } = desk.codes()
    const wrong = shown === '000000' ? '000001' : '000000'
    desk.tellSponsor({ kind: 'code', typed: wrong, terms: grantTerms(laptopOnly()) })
    desk.settle()
    assert.deepEqual(desk.newcomer, { phase: 'ended', reason: 'code' })
    assert.deepEqual(desk.sponsor, { phase: 'ended', reason: 'code' })
    assert.ok(!desk.sponsorEffects.some(({ kind }) => kind === 'added' || kind === 'revoke'))
    assertNothingLeft(desk)
    desk.tellSponsor({ kind: 'code', typed: shown, terms: grantTerms(laptopOnly()) })
    assert.equal(desk.sponsor.phase, 'ended', 'there is no second try')
  })

  test('a user who sees two codes stops the new device, and what was granted is revoked', () => {
    const desk = new Desk().settle()
    desk.tellSponsor({
      kind: 'code',
      typed: desk.codes().shown,
      terms: grantTerms(laptopOnly()),
    })
    desk.tellNewcomer({ kind: 'compared', isSame: false })
    desk.settle()
    assert.deepEqual(desk.sponsor, { phase: 'ended', reason: 'code' })
    assert.ok(desk.sponsorEffects.some(({ kind }) => kind === 'revoke'))
    assertNothingLeft(desk)
  })

  for (const side of ['newcomer', 'sponsor'] as const) {
    for (const when of ['early', 'keyed', 'granted'] as const) {
      test(`a link that the ${side} cancels ${when} leaves nothing behind`, () => {
        const desk = new Desk()
        if (when === 'early') {
          const message = desk.toNewcomer.shift()!
          desk.tellNewcomer({ kind: 'message', message })
        } else desk.settle()
        if (when === 'granted') {
          const terms = grantTerms(laptopOnly())
          desk.tellSponsor({ kind: 'code', typed: desk.codes().shown, terms })
        }
        if (side === 'newcomer') desk.tellNewcomer({ kind: 'cancel' })
        else desk.tellSponsor({ kind: 'cancel' })
        desk.toSponsor.reverse() // The last word first: the offer then finds nobody.
        desk.settle()
        assert.deepEqual(desk.newcomer, { phase: 'ended', reason: 'cancelled' })
        assert.deepEqual(desk.sponsor, { phase: 'ended', reason: 'cancelled' })
        const isRevoked = desk.sponsorEffects.some(({ kind }) => kind === 'revoke')
        assert.equal(isRevoked, when === 'granted')
        assertNothingLeft(desk)
      })
    }
  }

  test('time ends both, and the sponsor waits a while longer for the last word', () => {
    const early = new Desk()
    assert.equal(newcomerDeadlineSeconds(early.newcomer), NOW + DEVICE_LINK_SECONDS + 1)
    early.nowSeconds = NOW + DEVICE_LINK_SECONDS
    early.tellNewcomer({ kind: 'tick' })
    early.tellSponsor({ kind: 'tick' })
    assert.equal(early.newcomer.phase, 'waiting')
    early.nowSeconds++
    early.tellNewcomer({ kind: 'tick' })
    early.tellSponsor({ kind: 'tick' })
    assert.deepEqual(early.newcomer, { phase: 'ended', reason: 'expired' })
    assert.deepEqual(early.sponsor, { phase: 'ended', reason: 'expired' })
    assert.equal(newcomerDeadlineSeconds(early.newcomer), null)
    assert.equal(sponsorDeadlineSeconds(early.sponsor), null)

    const late = new Desk().settle().confirm()
    late.nowSeconds = NOW + DEVICE_LINK_SECONDS + LINK_DONE_SLACK_SECONDS
    late.tellSponsor({ kind: 'tick' })
    assert.equal(late.sponsor.phase, 'granted')
    late.nowSeconds = sponsorDeadlineSeconds(late.sponsor)!
    late.tellSponsor({ kind: 'tick' })
    assert.ok(late.sponsorEffects.some(({ kind }) => kind === 'revoke'))
  })

  test('a second claim of one link ends it: somebody else has read it', () => {
    const desk = new Desk()
    const other = startSponsor(crypto, desk.link, own).effects[0]!
    assert.ok(other.kind === 'post')
    desk.settle()
    desk.tellNewcomer({ kind: 'message', message: other.message })
    desk.settle()
    assert.deepEqual(desk.newcomer, { phase: 'ended', reason: 'contested' })
    assert.deepEqual(desk.sponsor, { phase: 'ended', reason: 'contested' })
  })

  test('somebody in between is shown by the codes', () => {
    // Mallory shows the laptop a link of her own, and claims the one of the telephone.
    const victim = new Desk()
    const mallory = new Desk()
    const offerOf = (desk: Desk): Desk => desk.settle()
    const real = offerOf(victim).codes().shown
    const faked = offerOf(mallory).codes().expected
    assert.notEqual(real, faked)
    mallory.tellSponsor({ kind: 'code', typed: real, terms: grantTerms(laptopOnly()) })
    assert.deepEqual(mallory.sponsor, { phase: 'ended', reason: 'code' })
  })

  test('an offer that the link does not promise is refused, and the right one still counts', () => {
    const desk = new Desk()
    const { state } = shownLink()
    refuses(() => desk.tellSponsor({ kind: 'message', message: state.offer }), 'DEVICE_LINKAGE')
    assert.equal(desk.settle().sponsor.phase, 'keyed')
  })

  test('a grant that is not for this device ends it', () => {
    const desk = new Desk().settle()
    const terms = grantTerms(laptopOnly())
    const other = { ...terms, warrantsFor: () => terms.warrantsFor(deviceOf('other')) }
    desk.confirm(other).settle()
    assert.deepEqual(desk.newcomer, { phase: 'ended', reason: 'refused' })
    assert.ok(desk.sponsorEffects.some(({ kind }) => kind === 'revoke'))
  })

  test('a last word about another log ends it, and the device is revoked', () => {
    const desk = new Desk().settle()
    const terms = grantTerms(laptopOnly())
    desk.tellSponsor({ kind: 'code', typed: desk.codes().shown, terms })
    const { sponsor } = desk
    assert.ok(sponsor.phase === 'granted')
    const content = { kind: 'done', headHash: new Uint8Array(32) } as const
    const message = sealLinkContent(crypto, sponsor.keys, 'newcomer', content)
    desk.tellSponsor({ kind: 'message', message })
    assert.deepEqual(desk.sponsor, { phase: 'ended', reason: 'refused' })
    assert.ok(desk.sponsorEffects.some(({ kind }) => kind === 'revoke'))
  })

  test('what only the other side may say is refused from this one', () => {
    const desk = new Desk().settle()
    const { sponsor, newcomer } = desk
    assert.ok(sponsor.phase === 'keyed' && newcomer.phase === 'keyed')
    const part = { kind: 'part', index: 0, count: 1, bytes: new Uint8Array(1) } as const
    const done = { kind: 'done', headHash: new Uint8Array(32) } as const
    const sealed = (side: 'sponsor' | 'newcomer', content: typeof part | typeof done) => ({
      kind: 'message' as const,
      message: sealLinkContent(crypto, sponsor.keys, side, content),
    })
    refuses(() => desk.tellSponsor(sealed('newcomer', part)), 'DEVICE_STATE')
    refuses(() => desk.tellSponsor(sealed('newcomer', done)), 'DEVICE_STATE')
    refuses(() => desk.tellNewcomer(sealed('sponsor', done)), 'DEVICE_STATE')
    refuses(() => desk.tellNewcomer(sealed('newcomer', part)), 'DEVICE_SEAL')
  })

  test('a stop in the clear counts before there are keys, and not after', () => {
    const stop = { kind: 'message', message: encodeStop('cancelled') } as const
    const early = new Desk()
    early.tellNewcomer(stop)
    early.tellSponsor(stop)
    assert.equal(early.newcomer.phase, 'ended')
    assert.equal(early.sponsor.phase, 'ended')
    const keyed = new Desk().settle()
    keyed.tellNewcomer(stop)
    keyed.tellSponsor(stop)
    assert.equal(keyed.newcomer.phase, 'keyed')
    assert.equal(keyed.sponsor.phase, 'keyed')
  })

  test('a changed message changes nothing', () => {
    const desk = new Desk()
    const tryChanged = (side: 'newcomer' | 'sponsor', message: Uint8Array): void => {
      for (const at of [0, 1, 2, 40, -1, -20]) {
        if (Math.abs(at) >= message.length) continue
        const before = [desk.newcomer, desk.sponsor]
        const event = { kind: 'message', message: flip(message, at) } as const
        if (message[1] === 1 && at !== 0 && at !== 1) continue // Another claim is a contest, shown above.
        try {
          if (side === 'newcomer') desk.tellNewcomer(event)
          else desk.tellSponsor(event)
        } catch (error: unknown) {
          assert.ok(error instanceof ProtocolError, String(error))
        }
        assert.deepEqual([desk.newcomer, desk.sponsor], before)
      }
    }
    const walk = (): void => {
      while (desk.toNewcomer.length + desk.toSponsor.length > 0) {
        const [side, queue] =
          desk.toNewcomer.length > 0
            ? (['newcomer', desk.toNewcomer] as const)
            : (['sponsor', desk.toSponsor] as const)
        const message = queue.shift()!
        tryChanged(side, message)
        if (side === 'newcomer') desk.tellNewcomer({ kind: 'message', message })
        else desk.tellSponsor({ kind: 'message', message })
      }
    }
    walk()
    desk.confirm()
    walk()
    assert.equal(desk.sponsor.phase, 'linked')
  })

  test('messages out of their turn are refused', () => {
    const desk = new Desk()
    const claim = desk.toNewcomer[0]!
    const offer = (desk.newcomer as { offer: Uint8Array }).offer
    refuses(() => desk.tellSponsor({ kind: 'message', message: claim }), 'DEVICE_STATE')
    refuses(() => desk.tellNewcomer({ kind: 'message', message: offer }), 'DEVICE_STATE')
    const sealed = new Uint8Array(60).fill(1, 0, 1).fill(4, 1, 2)
    refuses(() => desk.tellSponsor({ kind: 'message', message: sealed }), 'DEVICE_STATE')
    refuses(() => desk.tellNewcomer({ kind: 'message', message: sealed }), 'DEVICE_STATE')
    desk.settle()
    refuses(() => desk.tellNewcomer({ kind: 'message', message: sealed }), 'DEVICE_SEAL')
  })

  test('events that come too early or too late do nothing', () => {
    const desk = new Desk()
    const before = [desk.newcomer, desk.sponsor]
    desk.tellNewcomer({ kind: 'compared', isSame: true })
    desk.tellSponsor({ kind: 'code', typed: '000000', terms: grantTerms(laptopOnly()) })
    assert.deepEqual([desk.newcomer, desk.sponsor], before)
    desk.settle().confirm().settle()
    desk.tellNewcomer({ kind: 'cancel' })
    desk.tellSponsor({ kind: 'cancel' })
    assert.equal(desk.newcomer.phase, 'linked')
    assert.equal(desk.sponsor.phase, 'linked')
    assert.deepEqual(repeatNewcomer(crypto, desk.newcomer), [])
    assert.deepEqual(repeatSponsor(crypto, desk.sponsor), [])
  })
})

describe('the link', () => {
  const { link } = shownLink()
  const reading = (text: string, nowSeconds = NOW) => decodeDeviceLink(crypto, text, nowSeconds)

  test('comes back as it was, as a link and on a page', () => {
    for (const base of [null, 'https://chat.example/join']) {
      const read = reading(encodeDeviceLink(crypto, link, base))
      assert.deepEqual(read?.rendezvous.reveal(), link.rendezvous.reveal())
      assert.deepEqual({ ...read, rendezvous: null }, { ...link, rendezvous: null })
    }
    assert.equal(reading('hello'), null)
    assert.equal(reading(encodeLink(crypto, 1, new Uint8Array(4))), null)
  })

  test('holds until its time, and is not made for long', () => {
    const text = encodeDeviceLink(crypto, link)
    assert.ok(reading(text, link.expiresSeconds))
    refuses(() => reading(text, link.expiresSeconds + 1), 'DEVICE_EXPIRED')
    refuses(() => reading(text, link.expiresSeconds - 4201), 'DEVICE_FUTURE')
    assert.ok(reading(text, link.expiresSeconds - 4200))
  })

  test('is for one network', () => {
    const other = { networkId: new Uint8Array(32), nowSeconds: NOW }
    refuses(() => startSponsor(crypto, link, other), 'DEVICE_NETWORK')
  })

  test('names of devices are short and plain', () => {
    assert.ok(linkTerms.name.length < 32)
    const body = encodeLink(crypto, 3, new Uint8Array(659))
    refuses(() => reading(body), 'DEVICE_LIMIT')
  })
})

test('nothing of a link prints its secrets', () => {
  const desk = new Desk().settle()
  const terms = grantTerms(laptopOnly())
  const states: unknown[] = [desk.newcomer, desk.sponsor, terms]
  desk.confirm(terms).settle()
  states.push(desk.linked())
  const secrets = states.flatMap((state) => secretsIn(state))
  assert.ok(secrets.length > 12)
  const printed = states.map((state) => inspect(state, { depth: 12, maxArrayLength: 1e6 })).join('')
  const json = JSON.stringify(states)
  for (const secret of secrets) {
    const bytes = [...secret.reveal().subarray(0, 16)]
    assert.ok(!printed.includes(bytes.join(', ')))
    assert.ok(!json.includes(bytes.map((byte, at) => `"${at}":${byte}`).join(',')))
    assert.ok(!printed.includes(toHex(secret.reveal())))
  }
})
