import { readFile } from 'node:fs/promises'
import { renderOpenApi } from './render.ts'

const folder = new URL('../../openapi/', import.meta.url)
const { json, yaml } = await renderOpenApi()
const stale: string[] = []
for (const [name, text] of [
  ['openapi.json', json],
  ['openapi.yaml', yaml],
] as const) {
  const committed = await readFile(new URL(name, folder), 'utf8').catch(() => '')
  if (committed !== text) stale.push(`openapi/${name}`)
}
if (stale.length > 0) {
  process.stderr.write(`${stale.join(' and ')} differ from what the code describes. Run: npm run generate\n`)
  process.exitCode = 1
}
