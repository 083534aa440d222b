import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { hashPicturedPage, pictureHash } from '../browser/pictured-page.ts'

test('docs/swagger-ui.png shows the page as it is: otherwise `npm run picture` takes it anew', async () => {
  assert.equal((await readFile(pictureHash, 'utf8')).trim(), await hashPicturedPage())
})
