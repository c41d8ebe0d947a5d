// Nothing in the protocol quietly depends on Node: the same vectors, in a real browser.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as protocol from '@ezchat/protocol'
import { readVectorFiles } from '../vectors/files.ts'
import { formatNames } from '../vectors/registry.ts'
import { type Bundle, bundleForBrowser, bundlePage } from './bundle.ts'
import { findChromium, openPage } from './chromium.ts'
import type { PageResult } from './page.ts'

const bundle: Bundle = await bundlePage()

test('the bundle has the protocol, its libraries and the vectors, and nothing of Node', (t) => {
  const foreign = bundle.inputs.filter(
    (path) =>
      !/(^|\/)(packages\/protocol\/src|test|node_modules\/@(noble|scure))\/|entry\.ts$/.test(path),
  )
  assert.deepEqual(foreign, [])
  const { length } = gzipSync(bundle.script)
  t.diagnostic(`${bundle.script.length} bytes, ${length} gzipped, vectors included`)
})

test('a node: import does not bundle', async () => {
  await assert.rejects(
    bundleForBrowser(`import { readFileSync } from 'node:fs'; readFileSync('x')`),
  )
})

const executable = findChromium()
const skip =
  executable === null &&
  'no Chromium on this machine: install it (Debian: apt-get install chromium) or set EZCHAT_CHROMIUM'

if (executable === null) {
  test('the vectors in Chromium', { skip }, () => undefined)
} else {
  const { page, complaints, close } = await openPage(executable, bundle.script)
  after(close)

  test('the page is a browser, and has no part of Node', async () => {
    assert.deepEqual(await page.evaluate(() => globalThis.ezchatTests.nodeNames()), [])
  })

  test('the public names are those that Node sees', async () => {
    const names = await page.evaluate(() => globalThis.ezchatTests.publicNames())
    assert.deepEqual(names, Object.keys(protocol).sort())
  })

  test('every vector is there', async () => {
    const names = await page.evaluate(() => globalThis.ezchatTests.vectorNames())
    assert.deepEqual(names, [...readVectorFiles().keys()].sort())
  })

  const report = (results: readonly PageResult[]) => {
    for (const { name, failures } of results) {
      test(name, () => assert.equal(failures.length, 0, `\n${failures.join('\n')}`))
    }
  }

  for (const format of formatNames()) {
    describe(`${format} in Chromium`, async () => {
      report(await page.evaluate((name) => globalThis.ezchatTests.runFormat(name), format))
    })
  }

  for (const name of await page.evaluate(() => globalThis.ezchatTests.implementations())) {
    describe(`cryptography in Chromium: ${name}`, async () => {
      report(await page.evaluate((it) => globalThis.ezchatTests.runCompliance(it), name))
    })
  }

  test('the page complained about nothing, the content security policy neither', () => {
    assert.deepEqual(complaints, [])
  })
}
