// Set-up for a fresh clone. Plain JavaScript, because the Node that runs it may be an old one:
// the project brings its own (the `node` package), and npm puts it first on the path afterwards.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'

const root = new URL('..', import.meta.url)
const lock = new URL('package-lock.json', root)
const installed = new URL('node_modules/.package-lock.json', root)
const nodeBinary = new URL('node_modules/node/bin/node', root)

function run(command, args) {
  // npm's own lines go to stderr, so that `npm start -- --json` keeps a clean stdout.
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  return result.status === 0
}

function installIsCurrent() {
  if (!existsSync(installed) || !existsSync(nodeBinary)) return false
  return statSync(installed).mtimeMs >= statSync(lock).mtimeMs
}

if (!installIsCurrent()) {
  process.stderr.write('ezchat: installing dependencies (npm ci)\n')
  if (!run('npm', ['ci', '--no-audit', '--no-fund'])) {
    process.stderr.write('ezchat: npm ci failed; see the lines above\n')
    process.exit(3)
  }
}

// The browser tests want Chromium. Where this is a Debian machine and we are root, install it;
// elsewhere the tests find one by themselves or say visibly that they were skipped.
function isDebian() {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

const wantsBrowser = process.argv.includes('--browser') && !process.env.EZCHAT_CHROMIUM
const haveBrowser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
if (wantsBrowser && !haveBrowser.some((path) => existsSync(path))) {
  if (process.getuid?.() === 0 && isDebian()) {
    process.stderr.write('ezchat: installing chromium for the browser tests (apt-get)\n')
    if (
      !run('apt-get', ['update', '-qq']) ||
      !run('apt-get', ['install', '-y', '-qq', 'chromium'])
    ) {
      process.stderr.write(
        'ezchat: chromium could not be installed; browser tests will be skipped\n',
      )
    }
  }
}
