import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { protectedApplication, swaggerUi } from '../browser/pictures.ts'

const shownIn = [
  [swaggerUi, 'README.md', 'docs/'],
  [protectedApplication, 'docs/pingaccess.md', ''],
] as const

for (const [{ name, hash, hashFile }, document, folder] of shownIn)
  test(`docs/${name}.png shows the page as it is: otherwise \`npm run picture\` takes it anew`, async () => {
    assert.equal((await readFile(hashFile, 'utf8')).trim(), await hash())
    const text = await readFile(new URL(`../../${document}`, import.meta.url), 'utf8')
    assert.ok(text.includes(`](${folder}${name}.png)`), `${document} shows it`)
  })
