// The machine's own Chromium and a page on loopback, under the strictest policy that still runs
// a script: what passes here needs no `eval` and no second origin.
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright-core'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** Far more than it takes anywhere: only a failure ever waits for it. */
const PATIENCE = { timeout: 180_000 }

/** Null where the machine has none; EZCHAT_CHROMIUM names another place. */
export function findChromium(): string | null {
  const named = process.env.EZCHAT_CHROMIUM
  if (named !== undefined && named !== '') return existsSync(named) ? named : null
  return PLACES.find((path) => existsSync(path)) ?? null
}

function serve(script: Uint8Array): Promise<Server> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-security-policy', POLICY)
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
    response.end(
      isScript
        ? script
        : '<!doctype html><title>t</title><script type=module src=/page.js></script>',
    )
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // A port of the system's choice; `localhost` is a secure context without a certificate.
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}

export interface OpenPage {
  readonly page: Page
  /** What the page complained about: errors, refused scripts. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

async function openIn(browser: Browser, url: string, complaints: string[]): Promise<Page> {
  const page = await browser.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
  await page.goto(url, PATIENCE)
  return page
}

export async function openPage(executablePath: string, script: Uint8Array): Promise<OpenPage> {
  const server = await serve(script)
  const { port } = server.address() as AddressInfo
  const complaints: string[] = []
  // A fresh profile for each run: Playwright makes one and removes it.
  const browser = await chromium.launch({
    ...{ executablePath, args: ARGUMENTS, chromiumSandbox: false },
    ...PATIENCE,
  })
  const close = async () => {
    await browser.close()
    server.close()
  }
  try {
    const page = await openIn(browser, `http://localhost:${port}/`, complaints)
    return { page, complaints, close }
  } catch (error: unknown) {
    await close()
    throw error
  }
}
