// npm run vectors [-- --check] [format…]: writes test/vectors/<format>/*.json from the builders.
import { compareFiles, printVectors, readVectorFiles, writeVectorFiles } from './files.ts'
import { formatNames, loadFormat } from './registry.ts'

const names = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const wanted = names.length === 0 ? formatNames() : names
const built = printVectors(await Promise.all(wanted.map(loadFormat)))

// Asked for some formats only: the others' files are none of our business.
const onDisk = new Map(
  [...readVectorFiles()].filter(
    ([path]) => names.length === 0 || wanted.includes(path.split('/')[0]!),
  ),
)

if (process.argv.includes('--check')) {
  const { changed, missing, stale } = compareFiles(built, onDisk)
  for (const path of changed) console.error(`differs from its builder: test/vectors/${path}`)
  for (const path of missing) console.error(`built but not there: test/vectors/${path}`)
  for (const path of stale) console.error(`there but not built: test/vectors/${path}`)
  if (changed.length + missing.length + stale.length > 0) {
    console.error('run `npm run vectors` and look at the difference')
    process.exitCode = 1
  }
} else {
  const { changed, missing, stale } = writeVectorFiles(built, onDisk)
  console.error(
    `${built.size} vectors in ${wanted.length} formats:` +
      ` ${missing.length} new, ${changed.length} changed, ${stale.length} removed`,
  )
}
