import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { basic, callAdminApi, paWam } from '../call-admin-api.ts'

const sandbox = await createSandbox({ audience: 'test' })
after(() => sandbox.close())

async function read(headers: Record<string, string | undefined>): Promise<number> {
  return (await callAdminApi(sandbox, 'GET', '/version', undefined, headers)).status
}

test('200 with the password of the administrator', async () => {
  assert.equal(await read({}), 200)
})

test('200 with an access token of the issuer for the admin API', async () => {
  const token = await sandbox.accessToken({ service: 'pingfederate-admin-api' })
  for (const _ of ['verified', 'remembered'])
    assert.equal(await read({ authorization: `Bearer ${token}` }), 200)
})

test("401 with an access token for something else, and with one that isn't signed by the issuer", async () => {
  const token = await sandbox.accessToken({ service: 'portal' })
  assert.equal(await read({ authorization: `Bearer ${token}` }), 401)
  const other = await createSandbox({ audience: 'test' })
  const foreign = await other.accessToken({ service: 'pingfederate-admin-api' })
  await other.close()
  assert.equal(await read({ authorization: `Bearer ${foreign}` }), 401)
  assert.equal(await read({ authorization: 'Bearer nonsense' }), 401)
})

test('401 with a challenge for a wrong password, an unknown user and nobody', async () => {
  for (const authorization of [
    basic(sandbox.adminUsername, 'wrong'),
    basic('root', sandbox.adminPassword),
    undefined,
  ]) {
    const { status, headers } = await callAdminApi(sandbox, 'GET', '/version', undefined, { authorization })
    assert.equal(status, 401)
    assert.match(headers.get('www-authenticate') ?? '', /^Basic/)
  }
})

test('403 without the X-XSRF-Header, even on a read', async () => {
  const { status, body } = await callAdminApi(sandbox, 'GET', '/version', undefined, {
    'x-xsrf-header': undefined,
  })
  assert.equal(status, 403)
  assert.match(body.message, /X-XSRF-Header/)
})

test('403 when an auditor writes, who may read', async () => {
  const { username, password } = sandbox.auditor
  const headers = { authorization: basic(username, password) }
  assert.equal(await read(headers), 200)
  assert.equal((await callAdminApi(sandbox, 'POST', '/oauth/clients', paWam, headers)).status, 403)
  assert.deepEqual(sandbox.pingFederate.clients(), [])
})

test('415 for a body that does not say it is JSON', async () => {
  const headers = { 'content-type': 'text/plain' }
  assert.equal((await callAdminApi(sandbox, 'POST', '/oauth/clients', paWam, headers)).status, 415)
})
