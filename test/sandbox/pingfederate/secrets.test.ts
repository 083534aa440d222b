import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { basic, callAdminApi, paWam } from '../call-admin-api.ts'

const start = Date.parse('2026-01-01T00:00:00.000Z')
let now = start
const sandbox = await createSandbox({ audience: 'test', now: () => new Date(now) })
const { settings } = sandbox.pingFederate
const secretPath = '/oauth/clients/pa_wam/clientAuth/clientSecret'
const first = paWam.clientAuth.secret
const second = 'another-secret-of-32-characters-or-more'
const client = { ...paWam, grantTypes: ['AUTHORIZATION_CODE', 'CLIENT_CREDENTIALS'] }
const call = (method: string, path: string, body?: unknown) => callAdminApi(sandbox, method, path, body)

beforeEach(async () => {
  now = start
  Object.assign(settings, {
    clientSecretRetentionPeriod: 0,
    omittedSecondarySecrets: 'dropped',
    version: '12.1.0.4',
  })
  await call('DELETE', '/oauth/clients/pa_wam')
  await call('POST', '/oauth/clients', client)
})
after(() => sandbox.close())

test('200 and 201 never contain the secret, whatever was sent', async () => {
  const answers = [
    await call('GET', '/oauth/clients/pa_wam'),
    await call('GET', '/oauth/clients'),
    await call('PUT', secretPath, { secret: second }),
    await call('GET', secretPath),
    await call('PUT', '/oauth/clients/pa_wam', client),
  ]
  const text = JSON.stringify([answers.map(({ body }) => body), sandbox.pingFederate.clients()])
  assert.ok(!text.includes(first) && !text.includes(second) && !text.includes('"secret"'))
})

test('the encrypted secret is another one at every read, and each of them keeps the secret', async () => {
  const read = await Promise.all([1, 2, 3].map(() => call('GET', '/oauth/clients/pa_wam')))
  const values = read.map(({ body }) => body.clientAuth.encryptedSecret)
  assert.equal(new Set(values).size, 3)
  for (const encryptedSecret of values) {
    now += 1000
    const { body } = await call('PUT', '/oauth/clients/pa_wam', {
      ...client,
      clientAuth: { type: 'SECRET', encryptedSecret },
    })
    assert.equal(body.clientSecretChangedTime, '2026-01-01T00:00:00.000Z')
  }
  assert.equal(await isAlive(first), true)
})

test('the encrypted secret looks like PingFederate’s: a JWE of A128CBC-HS256 behind a prefix, and not a bit of it can change', async () => {
  const { encryptedSecret } = (await call('GET', secretPath)).body
  const [prefix, header] =
    /^(OBF:JWE:)([^.]+)\.\.[\w-]{22}\.[\w-]+\.[\w-]{22}$/.exec(encryptedSecret)?.slice(1) ?? []
  assert.equal(prefix, 'OBF:JWE:')
  assert.deepEqual(JSON.parse(Buffer.from(String(header), 'base64url').toString()), {
    alg: 'dir',
    enc: 'A128CBC-HS256',
  })
  for (const changed of [
    encryptedSecret.slice('OBF:JWE:'.length),
    encryptedSecret.replace(/(?<=\.)[^.](?=[^.]*$)/, (first: string) => (first === 'A' ? 'B' : 'A')),
    encryptedSecret.replace(/(?<=\.\.)./, (first: string) => (first === 'A' ? 'B' : 'A')),
    `${encryptedSecret.slice(0, -22)}`,
  ]) {
    assert.equal((await call('PUT', secretPath, { encryptedSecret: changed })).status, 422)
  }
  assert.equal(await isAlive(first), true)
})

test('a secret wins over an encrypted one beside it', async () => {
  const { encryptedSecret } = (await call('GET', secretPath)).body
  const clientAuth = { type: 'SECRET', secret: second, encryptedSecret }
  assert.equal((await call('PUT', '/oauth/clients/pa_wam', { ...client, clientAuth })).status, 200)
  assert.deepEqual([await isAlive(first), await isAlive(second)], [false, true])
})

test('a replacement without the encrypted secret loses the secret', async () => {
  const { status } = await call('PUT', '/oauth/clients/pa_wam', { ...client, clientAuth: { type: 'SECRET' } })
  assert.equal(status, 200)
  assert.equal(await isAlive(first), false)
})

test('an encrypted secret that was read before a rotation brings the old secret back', async () => {
  const { body } = await call('GET', secretPath)
  await call('PUT', secretPath, { secret: second })
  await call('PUT', '/oauth/clients/pa_wam', {
    ...client,
    clientAuth: { type: 'SECRET', encryptedSecret: body.encryptedSecret },
  })
  assert.equal(await isAlive(first), true)
  assert.equal(await isAlive(second), false)
})

test('an old secret is dead at once by default', async () => {
  assert.equal(await isAlive(first), true)
  now += 1000
  const { body } = await call('PUT', secretPath, { secret: second })
  assert.deepEqual(body.secondarySecrets, [])
  assert.equal(await isAlive(first), false)
  assert.equal(await isAlive(second), true)
  const changed = (await call('GET', '/oauth/clients/pa_wam')).body.clientSecretChangedTime
  assert.equal(changed, '2026-01-01T00:00:01.000Z')
})

test("an old secret lives until the client's retention period is over", async () => {
  const retention = {
    clientSecretRetentionPeriodType: 'OVERRIDE_SERVER_DEFAULT',
    clientSecretRetentionPeriod: 30,
  }
  await call('PUT', '/oauth/clients/pa_wam', { ...client, ...retention })
  const { body } = await call('PUT', secretPath, { secret: second })
  assert.equal(body.secondarySecrets[0].expiryTime, '2026-01-01T00:30:00.000Z')
  now += 30 * 60_000 - 1
  assert.deepEqual([await isAlive(first), await isAlive(second)], [true, true])
  now += 1
  assert.deepEqual([await isAlive(first), await isAlive(second)], [false, true])
  assert.deepEqual((await call('GET', secretPath)).body.secondarySecrets, [])
})

test("an old secret lives until the server's retention period is over when the client has none", async () => {
  settings.clientSecretRetentionPeriod = 1
  await call('PUT', '/oauth/clients/pa_wam', { ...client, clientAuth: { type: 'SECRET', secret: second } })
  now += 59_999
  assert.equal(await isAlive(first), true)
  now += 1
  assert.equal(await isAlive(first), false)
})

test('old secrets that are passed back survive a replacement, and omitted ones as the settings say', async () => {
  settings.clientSecretRetentionPeriod = 60
  await call('PUT', secretPath, { secret: second })
  const read = (await call('GET', '/oauth/clients/pa_wam')).body
  await call('PUT', '/oauth/clients/pa_wam', { ...client, clientAuth: read.clientAuth })
  assert.equal(await isAlive(first), true)

  const { type, encryptedSecret } = read.clientAuth
  settings.omittedSecondarySecrets = 'kept'
  await call('PUT', '/oauth/clients/pa_wam', { ...client, clientAuth: { type, encryptedSecret } })
  assert.equal(await isAlive(first), true)
  settings.omittedSecondarySecrets = 'dropped'
  await call('PUT', '/oauth/clients/pa_wam', { ...client, clientAuth: { type, encryptedSecret } })
  assert.equal(await isAlive(first), false)
})

test('204 for ending old secrets since 12.3, 404 before', async () => {
  settings.clientSecretRetentionPeriod = 60
  await call('PUT', secretPath, { secret: second })
  assert.equal((await call('DELETE', `${secretPath}/secondarySecrets`)).status, 404)
  assert.equal(await isAlive(first), true)
  settings.version = '12.3.0.1'
  assert.equal((await call('DELETE', `${secretPath}/secondarySecrets`)).status, 204)
  assert.deepEqual([await isAlive(first), await isAlive(second)], [false, true])
})

test('422 for a secret change without a secret, or with an encrypted one that is none', async () => {
  assert.equal((await call('PUT', secretPath, {})).status, 422)
  assert.equal((await call('PUT', secretPath, { encryptedSecret: 'a.b.c.d.e' })).status, 422)
  assert.equal((await call('PUT', secretPath, { secret: 1 })).status, 400)
  assert.equal(await isAlive(first), true)
})

/** Both ways to send it have to agree. */
async function isAlive(clientSecret: string): Promise<boolean> {
  const grant = { grant_type: 'client_credentials' }
  const answers = await Promise.all([
    fetch(`${sandbox.issuer}/token`, {
      method: 'POST',
      headers: { authorization: basic('pa_wam', clientSecret) },
      body: new URLSearchParams(grant),
    }),
    fetch(`${sandbox.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...grant, client_id: 'pa_wam', client_secret: clientSecret }),
    }),
  ])
  const [byHeader, byBody] = answers.map(({ status }) => status)
  assert.equal(byHeader, byBody)
  assert.ok(byHeader === 200 || byHeader === 401, `unexpected ${byHeader}`)
  return byHeader === 200
}
