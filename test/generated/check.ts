import { renderGeneratedFiles } from './files.ts'

const stale = (await renderGeneratedFiles()).filter(({ committed, current }) => committed !== current)
if (stale.length > 0) {
  process.stderr.write(
    `${stale.map(({ name }) => name).join(', ')} differ from what the code says. Run: npm run generate\n`,
  )
  process.exitCode = 1
}
