import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { callAdminApi, paWam } from '../call-admin-api.ts'
import { logIn } from '../log-in.ts'

const cluster = await createSandbox({
  audience: 'test',
  cluster: 'clustered',
  now: () => new Date('2026-01-01T00:00:00Z'),
})
const standalone = await createSandbox({ audience: 'test' })
after(() => Promise.all([cluster.close(), standalone.close()]))

const status = async () => (await callAdminApi(cluster, 'GET', '/cluster/status')).body

function canLogIn(clientId: string): Promise<boolean> {
  const { secret: clientSecret } = paWam.clientAuth
  const login = {
    issuer: cluster.issuer,
    clientId,
    clientSecret,
    redirectUri: paWam.redirectUris[0],
    person: 'ana',
  }
  return logIn(login).then(
    () => true,
    () => false,
  )
}

test('403 for everything about a cluster on a single node', async () => {
  for (const [method, path] of [
    ['GET', '/cluster/status'],
    ['POST', '/cluster/replicate'],
    ['GET', '/cluster/settings'],
  ] as const) {
    assert.equal((await callAdminApi(standalone, method, path)).status, 403)
  }
})

test('a saved client is unknown to the engines until somebody replicates', async () => {
  assert.equal((await status()).replicationRequired, false)
  assert.equal((await status()).lastReplicationTime, undefined)
  await callAdminApi(cluster, 'POST', '/oauth/clients', paWam)
  assert.equal((await status()).replicationRequired, true)
  assert.equal(await canLogIn('pa_wam'), false)

  assert.equal((await callAdminApi(cluster, 'POST', '/cluster/replicate')).status, 200)
  assert.equal((await status()).replicationRequired, false)
  assert.equal((await status()).lastReplicationTime, '2026-01-01T00:00:00.000Z')
  assert.equal(await canLogIn('pa_wam'), true)
})

test('a deleted client lives on the engines until somebody replicates', async () => {
  await callAdminApi(cluster, 'DELETE', '/oauth/clients/pa_wam')
  assert.equal(await canLogIn('pa_wam'), true)
  await callAdminApi(cluster, 'POST', '/cluster/replicate')
  assert.equal(await canLogIn('pa_wam'), false)
})

test('a saved client reaches the engines at once with replicateClientsOnSave', async () => {
  cluster.pingFederate.settings.replicateClientsOnSave = true
  assert.equal((await callAdminApi(cluster, 'GET', '/cluster/settings')).body.replicateClientsOnSave, true)
  await callAdminApi(cluster, 'POST', '/oauth/clients', { ...paWam, clientId: 'on-save' })
  assert.equal((await status()).replicationRequired, false)
  assert.equal(await canLogIn('on-save'), true)
})
