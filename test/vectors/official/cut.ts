// Cuts the official vectors out of their sources: README.md says where those come from.
//   node test/vectors/official/cut.ts <wycheproof> <openssl> <cryptography_vectors>
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Fields = Record<string, string | number | readonly string[]>
interface Group {
  readonly publicKey?: { readonly pk: string }
  readonly tests: readonly Fields[]
}

const [wycheproof, openssl, cryptography] = process.argv.slice(2)
if (wycheproof === undefined || openssl === undefined || cryptography === undefined) {
  throw new Error('usage: cut.ts <wycheproof> <openssl> <cryptography_vectors>')
}

/** One test a line, so that a difference shows which test changed. */
function write(name: string, source: string, tests: readonly Fields[]): void {
  const lines = tests.map((test) => `    ${JSON.stringify(test)}`).join(',\n')
  const text = `{\n  "source": ${JSON.stringify(source)},\n  "tests": [\n${lines}\n  ]\n}\n`
  writeFileSync(join(import.meta.dirname, `${name}.json`), text)
}

function pick(test: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.filter((name) => name in test).map((name) => [name, test[name]!]))
}

function groupsOf(file: string): readonly Group[] {
  const path = join(wycheproof!, 'testvectors_v1', file)
  return JSON.parse(readFileSync(path, 'utf8')).testGroups
}

function cutWycheproof(algorithm: string, fields: readonly string[], perClass = Infinity): void {
  const file = `${algorithm}_test.json`
  const seen = new Map<string, number>()
  const tests = groupsOf(file).flatMap(({ publicKey, tests }) =>
    tests.map((test) => (publicKey === undefined ? test : { ...test, pk: publicKey.pk })),
  )
  const kept = tests.filter((test) => {
    const kind = `${test.flags} ${test.result} ${`${test.comment}`.replace(/\d+/g, '')}`
    const count = (seen.get(kind) ?? 0) + 1
    seen.set(kind, count)
    return count <= perClass || (Array.isArray(test.flags) && test.flags.length > 0)
  })
  const name = `wycheproof-${algorithm.replaceAll('_', '-')}`
  const wanted = ['tcId', 'comment', 'flags', ...fields, 'result']
  write(
    name,
    `C2SP/wycheproof testvectors_v1/${file}`,
    kept.map((test) => pick(test, wanted)),
  )
}

/** Blocks of `Name = value` lines, which is how OpenSSL and NIST write them. */
function blocksOf(path: string): readonly Record<string, string>[] {
  const blocks: Record<string, string>[] = []
  for (const text of readFileSync(path, 'utf8').split(/\r?\n\r?\n/)) {
    const block: Record<string, string> = {}
    for (const line of text.split(/\r?\n/)) {
      const match = /^#? ?(\w+)\s*=\s*(.*)$/.exec(line)
      if (match === null) continue
      const [, name, value] = match
      const colon = /^(hexseed|hexpub|hexpriv):(.*)$/.exec(value!)
      block[colon?.[1] ?? name!] = colon?.[2] ?? value!
    }
    if (Object.keys(block).length > 0) blocks.push(block)
  }
  return blocks
}

function cutAcvp(): void {
  const folder = join(openssl!, 'test/recipes/30-test_evp_data')
  const keys = blocksOf(join(folder, 'evppkey_ml_kem_keygen.txt'))
    .filter((block) => block.KeyGen === 'ML-KEM-768')
    .map(({ KeyName, hexseed, hexpub }) => ({
      tcId: Number(KeyName!.slice('tcId'.length)),
      seed: hexseed!.toLowerCase(),
      ek: hexpub!.toLowerCase(),
    }))
  write('acvp-mlkem-768-keygen', 'usnistgov/ACVP-Server ML-KEM-keyGen-FIPS203', keys)
  const encapsulations = blocksOf(join(folder, 'evppkey_ml_kem_encap_decap.txt'))
    .filter((block) => block.Kem === 'ML-KEM-768' && block.Entropy !== undefined)
    .slice(0, 5)
    .map(({ tcId, Entropy, EncodedPublicKey, Ciphertext, Output }) => ({
      tcId: Number(tcId),
      m: Entropy!.toLowerCase(),
      ek: EncodedPublicKey!.toLowerCase(),
      c: Ciphertext!.toLowerCase(),
      K: Output!.toLowerCase(),
    }))
  write('acvp-mlkem-768-encap', 'usnistgov/ACVP-Server ML-KEM-encapDecap-FIPS203', encapsulations)
}

/** SHA ShortMsg: lengths are in bits, and an empty message is written as 00. */
function cutHash(name: string, folder: string, file: string): void {
  const tests = blocksOf(join(cryptography!, 'hashes', folder, file))
    .filter((block) => block.MD !== undefined)
    .map(({ Len, Msg, MD }) => ({ msg: Msg!.slice(0, Number(Len) / 4), md: MD! }))
  write(name, `NIST CAVP ${file}`, tests)
}

function cutRfcs(): void {
  const hkdf = blocksOf(join(cryptography!, 'KDF/rfc-5869-HKDF-SHA256.txt'))
    .filter((block) => block.IKM !== undefined || block.PRK !== undefined)
    // A blank line divides one of the three test cases in two.
    .reduce<Record<string, string>[]>((cases, block) => {
      if (block.IKM !== undefined) cases.push(block)
      else Object.assign(cases.at(-1)!, block)
      return cases
    }, [])
    .map(({ IKM, salt, info, L, OKM }) => ({
      ikm: IKM!,
      salt: salt!,
      info: info!,
      size: Number(L),
      okm: OKM!,
    }))
  write('rfc5869', 'RFC 5869 appendix A.1 to A.3', hkdf)

  const hmac = blocksOf(join(cryptography!, 'HMAC/rfc-4231-sha256.txt'))
    .filter((block) => block.MD !== undefined)
    .map(({ Key, Msg, MD }) => ({ key: Key!, msg: Msg!, tag: MD! }))
  write('rfc4231', 'RFC 4231 section 4, SHA-256', hmac)

  const aead = blocksOf(join(openssl!, 'test/recipes/30-test_evp_data/evpciph_chacha.txt'))
    .filter((block) => block.Cipher === 'chacha20-poly1305' && block.Result === undefined)
    .slice(0, 2)
    .map(({ Key, IV, AAD, Plaintext, Ciphertext, Tag }) => ({
      key: Key!,
      iv: IV!,
      aad: AAD!,
      msg: Plaintext!,
      ct: Ciphertext!,
      tag: Tag!,
    }))
  write('rfc8439', 'RFC 8439 section 2.8.2 and appendix A.5', aead)
}

function cutEd25519(): void {
  const text = readFileSync(join(openssl!, 'test/recipes/30-test_evp_data/evppkey_ecx.txt'), 'utf8')
  const keyOf = (name: string) => {
    const pem = new RegExp(`=${name}\\n-+BEGIN[^\\n]*\\n([^-]*)`).exec(text)![1]!
    return Buffer.from(pem, 'base64').subarray(-32).toString('hex')
  }
  const signed = /OneShotDigestSign = NULL\nKey = (ED25519-\d)\nInput = (\S+)\nOutput = (\w+)/g
  const tests = [...text.matchAll(signed)].map(([, name, input, output]) => ({
    seed: keyOf(name!),
    pk: keyOf(`${name}-PUBLIC`),
    msg: input === '""' ? '' : input!,
    sig: output!,
  }))
  write('rfc8032', 'RFC 8032 section 7.1', tests)
}

cutWycheproof('ed25519', ['pk', 'msg', 'sig'])
cutWycheproof('x25519', ['public', 'private', 'shared'])
cutWycheproof('chacha20_poly1305', ['key', 'iv', 'aad', 'msg', 'ct', 'tag'])
cutWycheproof('xchacha20_poly1305', ['key', 'iv', 'aad', 'msg', 'ct', 'tag'])
cutWycheproof('hkdf_sha256', ['ikm', 'salt', 'info', 'size', 'okm'])
cutWycheproof('hmac_sha256', ['key', 'msg', 'tag'])
cutWycheproof('mlkem_768', ['seed', 'ek', 'c', 'K'], 3)
cutWycheproof('mlkem_768_encaps', ['m', 'ek', 'c', 'K'], 3)
cutAcvp()
cutHash('cavp-sha-256', 'SHA2', 'SHA256ShortMsg.rsp')
cutHash('cavp-sha-512', 'SHA2', 'SHA512ShortMsg.rsp')
cutHash('cavp-sha3-256', 'SHA3', 'SHA3_256ShortMsg.rsp')
cutRfcs()
cutEd25519()
