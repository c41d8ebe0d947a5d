// `npm start` until there is a daemon: says what is there.
const lines = [
  'ezchat: there is no daemon yet. What this clone has is the protocol core, set up and ready:',
  '',
  '  npm test                   types, format, house rules, every test, the vectors in Chromium',
  '  npm run bench -- protocol  what it costs, beside peers and physical limits (--quick, --json)',
  '  npm run bench -- session   sessions and groups, beside libsignal',
  '  npm run vectors            writes the test vectors from their builders',
  '',
  'ARCHITECTURE.md says what is where; docs/spec/ is the protocol.',
]
process.stdout.write(`${lines.join('\n')}\n`)
