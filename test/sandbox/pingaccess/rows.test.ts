import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client, install, recipe, secret } from './installed.ts'
import { disagree, rows } from './rows.ts'

for (const { row, page, ...pair } of rows)
  test(`a login fails where client and web session disagree in ${row}`, async t => {
    const installed = await install(t)
    const application = await disagree(installed, pair)
    const [{ host, port } = assert.fail()] = application.virtualHosts
    const seen = await installed.open(`https://${host}:${port}${application.contextRoot}`)
    assert.match(seen.text, page)
  })

test('the approval page comes before every application where the client does not bypass it', async t => {
  const { administrator, save, open } = await install(t)
  await save({ ...client, bypassApprovalPage: false })
  await administrator.follow(recipe, secret)
  const { text, clicks } = await open('https://mypingaccessserver:3000/')
  assert.match(text, /^Hello, Ana/)
  assert.deepEqual(clicks, ['ana', 'approve'])
})
