import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withoutUnicodePatterns } from '../../src/api-document/portable-patterns.ts'
import { compareDocuments, permitsBreaking } from './compare-documents.ts'
import { type Base, findBase, isShallow } from './find-base.ts'

const path = 'openapi/openapi.json'

const print = (line: string) => process.stdout.write(`${line}\n`)

async function main(): Promise<void> {
  const repository = process.cwd()
  const current = await readFile(path, 'utf8')
  const base = await findBase({ repository, path, current, commit: process.env['API_CHANGES_BASE'] })
  if (base) return await check(base)
  const why = (await isShallow(repository)) ? ' (the clone is shallow)' : ''
  print(`No earlier ${path} to compare with${why}.`)
}

async function check(base: Base): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'api-changes-'))
  try {
    const before = join(folder, 'before.json')
    await writeFile(before, toSharedPatterns(base.text))
    const { breaking, versions } = await compareDocuments(before, path)
    const range = `${versions.before} (${base.commit.slice(0, 10)}) → ${versions.after}`
    for (const { pointer, rule, message } of breaking) print(`${pointer}\n  ${message} (${rule})`)
    print(`${path} ${range}: breaking changes: ${breaking.length}`)
    if (breaking.length === 0 || permitsBreaking(versions.before, versions.after)) return
    print('Keep the old behaviour, or raise info.version: the major number, or below 1.0 the minor number.')
    process.exitCode = 1
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A spelling that each language reads differently promised nothing, so a document that ends its use breaks nobody. */
function toSharedPatterns(text: string): string {
  return JSON.stringify(JSON.parse(text), (name, value) =>
    name === 'pattern' && typeof value === 'string'
      ? withoutUnicodePatterns(name, value.replaceAll('\\d', '[0-9]'))
      : value,
  )
}

await main()
