// Key blinding: Tor's own vectors first (little-t-tor, src/test/ed25519_vectors.inc and
// test_hs_common.c, releases 0.4), then ours.

import { concatBytes, fromHex, toHex, utf8 } from '@ezchat/protocol/codec/bytes.ts'
import { ERROR_TABLE, type ErrorCode } from '@ezchat/protocol/errors.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { sha3_256 } from '@noble/hashes/sha3.js'
import type { JsonObject, Vector } from '../vector.ts'

/** In the order of Tor's file; the parameters are as they are before clamping. */
export const TOR_VECTORS = [
  {
    seed: '26c76712d89d906e6672dafa614c42e5cb1caac8c6568e4d2493087db51f0d36',
    expandedSecret:
      'c0a4de23cc64392d85aa1da82b3defddbea946d13bb053bf8489fa9296281f49' +
      '5022f1f7ec0dcf52f07d4c7965c4eaed121d5d88d0a8ff546b06116a20e97755',
    publicKey: 'c2247870536a192d142d056abefca68d6193158e7c1a59c1654c954eccaff894',
    parameter: '54a513898b471d1d448a2f3c55c1de2c0ef718c447b04497eeb999ed32027823',
    blindedSecret:
      '293c3acff4e902f6f63ddc5d5caa2a57e771db4f24de65d4c28df3232f47fa01' +
      '171d43f24e3f53e70ec7ac280044ac77d4942dee5d6807118a59bdf3ee647e89',
    blindedPublicKey: '1fc1fa4465bd9d4956fdbdc9d3acb3c7019bb8d5606b951c2e1dfe0b42eaeb41',
  },
  {
    seed: 'fba7a5366b5cb98c2667a18783f5cf8f4f8d1a2ce939ad22a6e685edde85128d',
    expandedSecret:
      '18a8a69a06790dac778e882f7e868baacfa12521a5c058f5194f3a729184514a' +
      '2a656fe7799c3e41f43d756da8d9cd47a061316cfe6147e23ea2f90d1ca45f30',
    publicKey: '1519a3b15816a1aafab0b213892026ebf5c0dc232c58b21088d88cb90e9b940d',
    parameter: '831e9b5325b5d31b7ae6197e9c7a7baf2ec361e08248bce055908971047a2347',
    blindedSecret:
      '38b88f9f9440358da544504ee152fb475528f7c51c285bd1c68b14ade8e29a07' +
      'b8ceff20dfcf53eb52b891fc078c934efbf0353af7242e7dc51bb32a093afa29',
    blindedPublicKey: '1cbbd4a88ce8f165447f159d9f628ada18674158c4f7c5ead44ce8eb0fa6eb7e',
  },
  {
    seed: '67e3aa7a14fac8445d15e45e38a523481a69ae35513c9e4143eb1c2196729a0e',
    expandedSecret:
      '58d84f8862d2ecfa30eb491a81c36d05b574310ea69dae18ecb57e992a896656' +
      'b982187ee96c15bf4caeeab2d0b0ae4cd0b8d17470fc7efa98bb26428f4ef36d',
    publicKey: '081faa81992e360ea22c06af1aba096e7a73f1c665bc8b3e4e531c46455fd1dd',
    parameter: 'ac78a1d46faf3bfbbdc5af5f053dc6dc9023ed78236bec1760dadfd0b2603760',
    blindedSecret:
      '4d03ce16a3f3249846aac9de0a0075061495c3b027248eeee47da4ddbaf9e004' +
      '9217f52e92797462bd890fc274672e05c98f2c82970d640084781334aae0f940',
    blindedPublicKey: 'c5419ad133ffde7e0ac882055d942f582054132b092de377d587435722deb028',
  },
  {
    seed: 'd51385942033a76dc17f089a59e6a5a7fe80d9c526ae8ddd8c3a506b99d3d0a6',
    expandedSecret:
      '50702d20b3550c6e16033db5ad4fba16436f1ecc7485be6af62b0732ceb5d173' +
      'c47ccd9d044b6ea99dd99256adcc9c62191be194e7cb1a5b58ddcec85d876a2b',
    publicKey: '73cfa1189a723aad7966137cbffa35140bb40d7e16eae4c40b79b5f0360dd65a',
    parameter: 'f9c84dc0ac31571507993df94da1b3d28684a12ad14e67d0a068aba5c53019fc',
    blindedSecret:
      '51d7db01aaa0d937a9fd7c8c7381445a14d8fa61f43347af5460d7cd8fda9904' +
      '509ecee77082ce088f7c19d5a00e955eeef8df6fa41686abc1030c2d76807733',
    blindedPublicKey: '3e08d0dc291066272e313014bfac4d39ad84aa93c038478a58011f431648105f',
  },
  {
    seed: '5c8eac469bb3f1b85bc7cd893f52dc42a9ab66f1b02b5ce6a68e9b175d3bb433',
    expandedSecret:
      '7077464c864c2ed5ed21c9916dc3b3ba6256f8b742fec67658d8d233dadc8d5a' +
      '7a82c371083cc86892c2c8782dda2a09b6baf016aec51b689183ae59ce932ff2',
    publicKey: '66c1a77104d86461b6f98f73acf3cd229c80624495d2d74d6fda1e940080a96b',
    parameter: 'b1fe79d1dec9bc108df69f6612c72812755751f21ecc5af99663b30be8b9081f',
    blindedSecret:
      '1f76cab834e222bd2546efa7e073425680ab88df186ff41327d3e40770129b00' +
      'b57b95a440570659a440a3e4771465022a8e67af86bdf2d0990c54e7bb87ff9a',
    blindedPublicKey: '59381f06acb6bf1389ba305f70874eed3e0f2ab57cdb7bc69ed59a9b8899ff4d',
  },
  {
    seed: 'eda433d483059b6d1ff8b7cfbd0fe406bfb23722c8f3c8252629284573b61b86',
    expandedSecret:
      '8883c1387a6c86fc0bd7b9f157b4e4cd83f6885bf55e2706d2235d4527a2f053' +
      '11a3595953282e436df0349e1bb313a19b3ddbf7a7b91ecce8a2c34abadb38b3',
    publicKey: 'd21c294db0e64cb2d8976625786ede1d9754186ae8197a64d72f68c792eecc19',
    parameter: '81f1512b63ab5fb5c1711a4ec83d379c420574aedffa8c3368e1c3989a3a0084',
    blindedSecret:
      'c23588c23ee76093419d07b27c6df5922a03ac58f96c53671456a7d1bdbf560e' +
      'c492fc87d5ec2a1b185ca5a40541fdef0b1e128fd5c2380c888bfa924711bcab',
    blindedPublicKey: '2b946a484344eb1c17c89dd8b04196a84f3b7222c876a07a4cece85f676f87d9',
  },
  {
    seed: '4377c40431c30883c5fbd9bc92ae48d1ed8a47b81d13806beac5351739b5533d',
    expandedSecret:
      '186791ac8d03a3ac8efed6ac360467edd5a3bed2d02b3be713ddd5be53b3287e' +
      'e37436e5fd7ac43794394507ad440ecfdf59c4c255f19b768a273109e06d7d8e',
    publicKey: 'c4d58b4cf85a348ff3d410dd936fa460c4f18da962c01b1963792b9dcc8a6ea6',
    parameter: '97f45142597c473a4b0e9a12d64561133ad9e1155fe5a9807fe6af8a93557818',
    blindedSecret:
      '3ed249c6932d076e1a2f6916975914b14e8c739da00992358b8f37d3e7906506' +
      '91b4768f8e556d78f4bdcb9a13b6f6066fe81d3134ae965dc48cd0785b3af2b8',
    blindedPublicKey: 'c6b585129b135f8769df2eba987e76e089e80ba3a2a6729134d3b28008ac098e',
  },
  {
    seed: 'c6bbcce615839756aed2cc78b1de13884dd3618f48367a17597a16c1cd7a290b',
    expandedSecret:
      'b003077c1e52a62308eef7950b2d532e1d4a7eea50ad22d8ac11b892851f1c40' +
      'ffb9c9ff8dcd0c6c233f665a2e176324d92416bfcfcd1f787424c0c667452d86',
    publicKey: '95126f14d86494020665face03f2d42ee2b312a85bc729903eb17522954a1c4a',
    parameter: '3f44f6a5a92cde816635dfc12ade70539871078d2ff097278be2a555c9859cd0',
    blindedSecret:
      '288cbfd923cb286d48c084555b5bdd06c05e92fb81acdb45271367f57515380e' +
      '053d9c00c81e1331c06ab50087be8cfc7dc11691b132614474f1aa9c2503cccd',
    blindedPublicKey: '0eefdc795b59cabbc194c6174e34ba9451e8355108520554ec285acabebb34ac',
  },
  {
    seed: 'c6bbcce615839756aed2cc78b1de13884dd3618f48367a17597a16c1cd7a290b',
    expandedSecret:
      'b003077c1e52a62308eef7950b2d532e1d4a7eea50ad22d8ac11b892851f1c40' +
      'ffb9c9ff8dcd0c6c233f665a2e176324d92416bfcfcd1f787424c0c667452d86',
    publicKey: '95126f14d86494020665face03f2d42ee2b312a85bc729903eb17522954a1c4a',
    parameter: '0000000000000000000000000000000000000000000000000000000000000000',
    blindedSecret:
      'e5cd03eb4cc456e11bc36724b558873df0045729b22d8b748360067a7770ac02' +
      '053d9c00c81e1331c06ab50087be8cfc7dc11691b132614474f1aa9c2503cccd',
    blindedPublicKey: '312404d06a0a9de489904b18d5233e83a50b225977fa8734f2c897a73c067952',
  },
  {
    seed: 'c6bbcce615839756aed2cc78b1de13884dd3618f48367a17597a16c1cd7a290b',
    expandedSecret:
      'b003077c1e52a62308eef7950b2d532e1d4a7eea50ad22d8ac11b892851f1c40' +
      'ffb9c9ff8dcd0c6c233f665a2e176324d92416bfcfcd1f787424c0c667452d86',
    publicKey: '95126f14d86494020665face03f2d42ee2b312a85bc729903eb17522954a1c4a',
    parameter: '1111111111111111111111111111111111111111111111111111111111111111',
    blindedSecret:
      '2cf7ed8b163f5af960d2fc62e1883aa422a6090736b4f18a5456ddcaf78ede0c' +
      '053d9c00c81e1331c06ab50087be8cfc7dc11691b132614474f1aa9c2503cccd',
    blindedPublicKey: '952a908a4a9e0e5176a2549f8f328955aca6817a9fdc59e3acec5dec50838108',
  },
] as const

/** test_hs_common.c, test_blinding_basics: the parameter too, at 1973-05-20 01:50:33 UTC. */
const TOR_PERIOD = {
  period: 1234,
  publicKey: '833990b085c1a688c1d4c8b1f6b56afaf5a2eca674449e1d704f83765ccb7bc6',
  expandedSecret:
    'd8c7ff0e31295b66540d789af3e3df992038a9592eea01d8b7cba06d6e66d159' +
    '4d6167696320576f7264733a20737065697373636f62616c742062697669756d',
  parameter: '379e50db31fee6775abd0af6fb7c371e060308f4f847db09fe4cfe13af602287',
  blindedSecret:
    'a958dc83ac885f6814c67035de817a2c604d5d2f715282079448f789b656350b' +
    '4540fe1f80aa3f7e91306b7bf7a8e367293352b14a29fdcc8c19f3558075524b',
  blindedPublicKey: '3a50bf210e8f9ee955ae0014f7a6917fb65ebf098a86305abb508d1a7291b6d5',
} as const

const { Point } = ed25519
const { Fn } = Point
const SEED = sha256(utf8('vector blind: identity'))
const IDENTITY = ed25519.getPublicKey(SEED)
const DOOR_SECRET = sha256(utf8('vector blind: door'))
const PERIOD = 20_000
const ORDER_8 = fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
const ORDER_2 = fromHex('ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
const IDENTITY_POINT = fromHex(`01${'00'.repeat(31)}`)

/** rend-spec-v3, appendix A.2, written out again. */
function parameterOf(identityKey: Uint8Array, doorSecret: Uint8Array, period: number): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(16))
  numbers.setBigUint64(0, BigInt(period))
  numbers.setBigUint64(8, 1440n)
  const { x, y } = Point.BASE.toAffine()
  return sha3_256(
    concatBytes(
      utf8('Derive temporary signing key\0'),
      identityKey,
      doorSecret,
      utf8(`(${x}, ${y})key-blind`),
      new Uint8Array(numbers.buffer),
    ),
  )
}

function clampedFactor(parameter: Uint8Array): bigint {
  const low255 = bytesToNumberLE(parameter) & ((1n << 254n) - 8n)
  return Fn.create(low255 | (1n << 254n))
}

function mailboxOf(doorSecret: Uint8Array, period: number): Uint8Array {
  return Point.fromBytes(IDENTITY)
    .multiply(clampedFactor(parameterOf(IDENTITY, doorSecret, period)))
    .toBytes()
}

function signatureOf(doorSecret: Uint8Array, period: number, message: Uint8Array): Uint8Array {
  const { scalar, prefix } = ed25519.utils.getExtendedPublicKey(SEED)
  const secret = Fn.mul(scalar, clampedFactor(parameterOf(IDENTITY, doorSecret, period)))
  const hash = (...parts: Uint8Array[]): bigint =>
    Fn.create(bytesToNumberLE(sha512(concatBytes(...parts))))
  const blindedPrefix = sha512(
    concatBytes(utf8('Derive temporary signing key hash input'), prefix),
  ).subarray(0, 32)
  const nonce = hash(blindedPrefix, message)
  const r = Point.BASE.multiply(nonce).toBytes()
  const challenge = hash(r, mailboxOf(doorSecret, period), message)
  return concatBytes(r, numberToBytesLE(Fn.add(nonce, Fn.mul(challenge, secret)), 32))
}

function torVectors(): Vector[] {
  const all = TOR_VECTORS.map((tor, at) => blind(`tor-${at + 1}`, tor))
  const { publicKey, period, parameter } = TOR_PERIOD
  all.push(blind('tor-expanded-secret', TOR_PERIOD), {
    format: 'blind',
    name: 'tor-parameter',
    note: "Tor's own h for period 1234 of a day and no secret, before clamping.",
    entry: 'parameter',
    input: { identityKey: publicKey, doorSecret: '', period },
    expect: 'ok',
    output: parameter,
  })
  all.push({
    format: 'blind',
    name: 'tor-period',
    note: "Tor's own blinded key for period 1234 of a day and no secret.",
    entry: 'blindPublicKey',
    input: { identityKey: publicKey, doorSecret: '', period },
    expect: 'ok',
    output: TOR_PERIOD.blindedPublicKey,
  })
  return all
}

type TorVector = Omit<(typeof TOR_VECTORS)[number] | typeof TOR_PERIOD, 'seed' | 'period'>

function blind(name: string, tor: TorVector): Vector {
  return {
    format: 'blind',
    name,
    note: "Tor's own vector: the public and the secret key blind to the same key, which verifies.",
    entry: 'blind',
    input: {
      expandedSecret: tor.expandedSecret,
      publicKey: tor.publicKey,
      parameter: tor.parameter,
    },
    expect: 'ok',
    output: {
      blindedPublicKey: tor.blindedPublicKey,
      publicKeyOfBlindedSecret: tor.blindedPublicKey,
      blindedSecret: tor.blindedSecret,
      signatureHolds: true,
    },
  }
}

function ourOwn(): Vector[] {
  const doorSecret = toHex(DOOR_SECRET)
  const message = utf8('vector blind: message')
  return [
    {
      format: 'blind',
      name: 'door-with-secret',
      note: 'The secret of an invite enters h between the key and the base point.',
      entry: 'blindPublicKey',
      input: { identityKey: toHex(IDENTITY), doorSecret, period: PERIOD },
      expect: 'ok',
      output: toHex(mailboxOf(DOOR_SECRET, PERIOD)),
    },
    {
      format: 'blind',
      name: 'door-next-period',
      note: 'The same door a day later is another mailbox.',
      entry: 'blindPublicKey',
      input: { identityKey: toHex(IDENTITY), doorSecret, period: PERIOD + 1 },
      expect: 'ok',
      output: toHex(mailboxOf(DOOR_SECRET, PERIOD + 1)),
    },
    {
      format: 'blind',
      name: 'signature',
      note: 'The nonce comes from the blinded prefix, so a signature has one form.',
      entry: 'sign',
      input: { identitySeed: toHex(SEED), doorSecret, period: PERIOD, message: toHex(message) },
      expect: 'ok',
      output: {
        mailbox: toHex(mailboxOf(DOOR_SECRET, PERIOD)),
        signature: toHex(signatureOf(DOOR_SECRET, PERIOD, message)),
      },
    },
  ]
}

function refusal(name: string, note: string, key: Uint8Array, code: ErrorCode): Vector {
  const input: JsonObject = { identityKey: toHex(key), doorSecret: '', period: PERIOD }
  const expect = ERROR_TABLE.get(code)!.failure
  return { format: 'blind', name, note, entry: 'blindPublicKey', input, expect, code }
}

function withTorsion(torsion: Uint8Array): Uint8Array {
  return Point.fromBytes(IDENTITY).add(Point.fromBytes(torsion)).toBytes()
}

function offCurve(): Uint8Array {
  for (let y = 2; ; y++) {
    const bytes = Uint8Array.of(y, ...new Uint8Array(31))
    try {
      Point.fromBytes(bytes)
    } catch {
      return bytes
    }
  }
}

/** y + p still fits in 255 bits for y below 19: the same point, written in a second way. */
function nonCanonical(): Uint8Array {
  for (let y = 2n; ; y++) {
    try {
      Point.fromBytes(numberToBytesLE(y, 32))
    } catch {
      continue
    }
    return numberToBytesLE(y + Point.Fp.ORDER, 32)
  }
}

function refusals(): Vector[] {
  const invalid = 'KEY_INVALID'
  return [
    refusal(
      'torsion-key-order-8',
      'A part of order 8: implementations that reduce h and those that do not would disagree.',
      withTorsion(ORDER_8),
      invalid,
    ),
    refusal(
      'torsion-key-order-2',
      'A part of order 2: two identities would share a mailbox where h is not reduced.',
      withTorsion(ORDER_2),
      invalid,
    ),
    refusal(
      'small-order-key',
      'A point of order 8 blinds to one of eight points, whatever the secret.',
      ORDER_8,
      invalid,
    ),
    refusal('identity-point', 'The neutral element blinds to itself.', IDENTITY_POINT, invalid),
    refusal(
      'negative-zero-key',
      'x is 0 and its sign bit is set: a second encoding of the neutral element.',
      Uint8Array.from(IDENTITY_POINT, (byte, at) => (at === 31 ? 0x80 : byte)),
      invalid,
    ),
    refusal(
      'non-canonical-key',
      'y is not below the field prime: a second encoding of a good point.',
      nonCanonical(),
      invalid,
    ),
    refusal('off-curve-key', 'No point of the curve has this y.', offCurve(), invalid),
    refusal('short-key', 'A key of 31 bytes.', IDENTITY.subarray(0, 31), 'KEY_LENGTH'),
    refusal(
      'long-key',
      'A key of 33 bytes.',
      concatBytes(IDENTITY, Uint8Array.of(0)),
      'KEY_LENGTH',
    ),
  ]
}

export function build(): Vector[] {
  return [...torVectors(), ...ourOwn(), ...refusals()]
}
