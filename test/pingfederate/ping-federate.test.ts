import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientsPerPage } from '../../src/pingfederate/client-calls.ts'
import type { PingFederateFailure } from '../../src/pingfederate/failure.ts'
import { createPingFederate, type PingFederate } from '../../src/pingfederate/ping-federate.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { Secret } from '../../src/secret.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { filterOddAnswers, isOddForClientsOnly, kindOfRead, oddAnswers } from './odd-answers.ts'
import { clientSecret, newClient, startUpstream } from './upstream.ts'

const operationId = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'

const kindOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    ({ kind }: PingFederateFailure) => kind,
  )

test('a client id is percent-encoded in the path, so that it names that client and nothing else', async t => {
  const { pingFederate, calls } = await startUpstream(t)
  for (const clientId of ['a b', 'a/b', '../version', 'a?b=c', 'a#b', 'ü', '%2e%2e', 'a;b'])
    assert.equal(await pingFederate.findClient(clientId), undefined)
  assert.deepEqual(calls(), [
    'GET /oauth/clients/a%20b',
    'GET /oauth/clients/a%2Fb',
    'GET /oauth/clients/..%2Fversion',
    'GET /oauth/clients/a%3Fb%3Dc',
    'GET /oauth/clients/a%23b',
    'GET /oauth/clients/%C3%BC',
    'GET /oauth/clients/%252e%252e',
    'GET /oauth/clients/a%3Bb',
  ])
})

test('the version is asked for once, and only by a client with single logout', async t => {
  const { pingFederate, calls } = await startUpstream(t)
  await pingFederate.createClient(newClient({}, 'a'), clientSecret, operationId)
  assert.deepEqual(calls(), ['POST /oauth/clients'])
  await pingFederate.createClient(newClient({ logout: 'pingaccess' }, 'b'), clientSecret, operationId)
  await pingFederate.createClient(newClient({ logout: 'pingaccess' }, 'c'), clientSecret, operationId)
  assert.deepEqual(calls().slice(1), ['GET /version', 'POST /oauth/clients', 'POST /oauth/clients'])
})

test('a version that could not be read is not remembered', async t => {
  const { sandbox, pingFederate } = await startUpstream(t)
  for (const [what, odd] of filterOddAnswers(each => !isOddForClientsOnly(each))) {
    sandbox.pingFederate.faults.next({ fault: { answer: odd.answer } })
    assert.equal(await kindOf(pingFederate.getVersion()), kindOfRead(odd), what)
  }
  for (const body of [{}, { version: null }, { version: 'unknown' }]) {
    sandbox.pingFederate.faults.next({ fault: { answer: { kind: 'status', status: 200, body } } })
    assert.equal(await kindOf(pingFederate.getVersion()), 'unexpected')
  }
  assert.deepEqual(await pingFederate.getVersion(), [12, 1, 0, 4])
})

test('a look-up tells a client, its absence and an answer that is neither', async t => {
  const { sandbox, pingFederate } = await startUpstream(t)
  const { faults } = sandbox.pingFederate
  assert.equal(await pingFederate.findClient('pa_wam'), undefined)
  await callAdminApi(sandbox, 'POST', '/oauth/clients', paWam)
  assert.equal((await pingFederate.findClient('pa_wam'))?.clientId, 'pa_wam')
  for (const [what, odd] of Object.entries(oddAnswers)) {
    faults.next({ fault: { answer: odd.answer } })
    assert.equal(await kindOf(pingFederate.findClient('pa_wam')), kindOfRead(odd), what)
  }
})

test('a single node has no cluster state, does not replicate on save, and says so without a failure', async t => {
  const { pingFederate } = await startUpstream(t)
  assert.equal(await pingFederate.findClusterState(), undefined)
  assert.equal(await pingFederate.isReplicatingOnSave(), false)
})

test('69: a licence or a right that is missing says nothing about a cluster, nor does a page', async t => {
  const { sandbox, pingFederate } = await startUpstream(t)
  for (const [body, kind] of [
    [{ resultId: 'license_agreement_not_accepted', message: 'Accept it.' }, 'forbidden'],
    [{ resultId: 'insufficient_privileges', message: 'You may not.' }, 'forbidden'],
    [{ resultId: 'x', message: 'Your role does not permit this.' }, 'forbidden'],
    [{ resultId: 'access_denied', message: 'Access is denied.' }, 'forbidden'],
    ['<html>', 'unexpected'],
  ] as const) {
    sandbox.pingFederate.faults.next({ fault: { answer: { kind: 'status', status: 403, body } } })
    assert.equal(await kindOf(pingFederate.findClusterState()), kind)
  }
  for (const body of [undefined, { resultId: 'not_clustered', message: 'Not in clustered mode.' }]) {
    sandbox.pingFederate.faults.next({ fault: { answer: { kind: 'status', status: 403, body } } })
    assert.equal(await pingFederate.findClusterState(), undefined)
  }
})

test('a version without cluster settings (before 12.0) does not replicate on save', async t => {
  const { sandbox, pingFederate } = await startUpstream(t, { sandbox: { cluster: 'clustered' } })
  sandbox.pingFederate.faults.next({ fault: { answer: { kind: 'status', status: 404 } } })
  assert.equal(await pingFederate.isReplicatingOnSave(), false)
  sandbox.pingFederate.settings.replicateClientsOnSave = true
  assert.equal(await pingFederate.isReplicatingOnSave(), true)
})

test('67: a page, or what is no cluster’s state, shows neither a cluster nor that it was told', async t => {
  const { sandbox, pingFederate } = await startUpstream(t, { sandbox: { cluster: 'clustered' } })
  const { settings, faults } = sandbox.pingFederate
  settings.replicateClientsOnSave = true
  const answerOnce = (body: unknown) =>
    faults.next({ fault: { acts: false, answer: { kind: 'status', status: 200, body } } })
  for (const call of [
    pingFederate.findClusterState,
    pingFederate.isReplicatingOnSave,
    pingFederate.replicate,
  ]) {
    answerOnce('<html>')
    assert.equal(await kindOf(call()), 'unexpected')
  }
  for (const body of [{}, [], null, { status: 'UP' }]) {
    answerOnce(body)
    assert.equal(await kindOf(pingFederate.findClusterState()), 'unexpected')
  }
})

test('replicate fails unless PingFederate says 200', async t => {
  const { sandbox, pingFederate } = await startUpstream(t, { sandbox: { cluster: 'clustered' } })
  for (const [status, kind] of [
    [202, 'unexpected'],
    [403, 'unexpected'],
    [404, 'unexpected'],
    [500, 'server-error'],
  ] as const) {
    sandbox.pingFederate.faults.next({ fault: { acts: false, answer: { kind: 'status', status } } })
    assert.equal(await kindOf(pingFederate.replicate()), kind)
  }
  await pingFederate.replicate()
})

test('an auditor’s account may read, and a create with it fails by `forbidden`', async t => {
  const { sandbox } = await startUpstream(t)
  const { username, password } = sandbox.auditor
  const credentials = { kind: 'basic', username, password: new Secret(password) } as const
  const { transport } = await startUpstream(t, { config: { adminUrl: sandbox.adminUrl, credentials } })
  const pingFederate = createPingFederate(transport)
  assert.equal(await pingFederate.findClient('pa_wam'), undefined)
  assert.equal(await kindOf(pingFederate.createClient(newClient(), clientSecret, operationId)), 'forbidden')
})

/** Makes clients with descriptions of about that many bytes, and resolves to their ids. */
const addClients = async (sandbox: Sandbox, count: number, bytes: number): Promise<string[]> => {
  const ids = Array.from({ length: count }, (_, index) => `client-${index}`)
  const description = 'x'.repeat(bytes)
  for (const clientId of ids) {
    const { status } = await callAdminApi(sandbox, 'POST', '/oauth/clients', {
      ...paWam,
      clientId,
      description,
    })
    assert.equal(status, 201)
  }
  return ids
}

const idsOn = async ({ listClients }: Pick<PingFederate, 'listClients'>, page: number): Promise<string[]> =>
  (await listClients(page)).map(({ clientId }) => clientId)

test('100 clients of 11 kB are listed in full pages, although together they are longer than any answer that is read', async t => {
  const { sandbox, pingFederate, calls } = await startUpstream(t)
  const ids = await addClients(sandbox, 100, 11_000)
  const before = calls().length
  assert.deepEqual(await idsOn(pingFederate, 1), ids.slice(0, clientsPerPage))
  assert.deepEqual(await idsOn(pingFederate, 2), ids.slice(clientsPerPage))
  assert.equal(calls().length - before, 2)
})

test('clients of 100 kB are listed in the same pages: an answer that is too long is asked for in halves', async t => {
  const { sandbox, pingFederate } = await startUpstream(t)
  const ids = await addClients(sandbox, clientsPerPage + 1, 100_000)
  assert.deepEqual(await idsOn(pingFederate, 1), ids.slice(0, clientsPerPage))
  assert.deepEqual(await idsOn(pingFederate, 2), ids.slice(clientsPerPage))
})

test('a list without an end is `broken` after fewer calls than would count as an outage', async t => {
  const { sandbox, transport } = await startUpstream(t)
  const answer = { kind: 'huge', bytes: Number.POSITIVE_INFINITY } as const
  sandbox.pingFederate.faults.always({ fault: { answer } })
  let asked = 0
  const counted = createPingFederate({
    call: each => {
      asked += 1
      return transport.call(each)
    },
  })
  assert.equal(await kindOf(counted.listClients(1)), 'broken')
  // The breaker opens at the fifth.
  assert.equal(asked, 4)
})
