import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { waitUntilLive } from '../../src/web-session-clients/wait-until-live.ts'
import { clientRow } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { startTestService } from '../service.ts'
import { smallest } from './requests.ts'
import { clientPath, update } from './updates.ts'

/** A cluster that an administrator publishes, and a clock whose every look is a second later, so that nothing known is kept. */
const start = (t: TestContext) => {
  let ahead = 0
  const now = () => {
    ahead += 1_001
    return Date.now() + ahead
  }
  return startTestService(t, { sandbox: { cluster: 'clustered' }, world: { now } })
}

const prefer = (wait: string) => ({ headers: { prefer: `wait=${wait}` } })

test('201, 200: the answer comes once every engine has the change, and says so', async t => {
  const service = await start(t)
  const publish = () => callAdminApi(service.sandbox, 'POST', '/cluster/replicate')
  const saved = (method: string) =>
    new Promise<void>(resolve =>
      service.sandbox.pingFederate.onExchange(exchange => {
        if (exchange.method === method && exchange.path.startsWith('/oauth/clients')) resolve()
      }),
    )
  const created = saved('POST')
  const creating = service.call('POST', '/web-session-clients', { body: smallest, ...prefer('20') })
  await created
  await publish()
  const first = await creating
  assert.deepEqual(
    [first.status, first.body.status, first.headers.get('preference-applied')],
    [201, 'ready', 'wait=20'],
  )
  const off = saved('PUT')
  const switching = update(service, { enabled: false }, { headers: { prefer: 'wait=20' } })
  await off
  await publish()
  assert.equal((await switching).body.status, 'disabled')
})

test('201 replicating after as long as was asked for, and at once without the preference', async t => {
  const service = await start(t)
  const waited = await service.call('POST', '/web-session-clients', { body: smallest, ...prefer('0') })
  assert.deepEqual(
    [waited.status, waited.body.status, waited.headers.get('preference-applied')],
    [201, 'replicating', 'wait=0'],
  )
  const { body, headers } = await update(service, { name: 'Shop' })
  assert.deepEqual([body.status, headers.get('preference-applied')], ['replicating', null])
})

test('a wait is granted up to thirty seconds, where nothing is to wait for as well, and reading grants none', async t => {
  const service = await startTestService(t)
  const { body, headers } = await service.call('POST', '/web-session-clients', {
    body: smallest,
    ...prefer('9999'),
  })
  assert.deepEqual([body.status, headers.get('preference-applied')], ['ready', 'wait=30'])
  const read = await service.call('GET', clientPath, prefer('10'))
  assert.equal(read.headers.get('preference-applied'), null)
  const refused = await service.call('POST', '/web-session-clients', { body: smallest, ...prefer('10') })
  assert.deepEqual([refused.status, refused.headers.get('preference-applied')], [409, null])
})

test('a service that stops answers whoever waits, as it stands', async t => {
  const service = await start(t)
  const saved = new Promise<void>(resolve =>
    service.sandbox.pingFederate.onExchange(({ path }) => path === '/cluster/status' && resolve()),
  )
  const creating = service.call('POST', '/web-session-clients', { body: smallest, ...prefer('30') })
  await saved
  await service.stop()
  const { status, body } = await creating
  assert.deepEqual([status, body.status], [201, 'replicating'])
})

test('of more than sixty-four who wait the others are answered at once, and every place is given back', async t => {
  const store = await openSqliteStore(t)
  await store.write(trx =>
    trx
      .insertInto('client')
      .values(clientRow({ replication: 'replicating' }))
      .execute(),
  )
  const live = Promise.withResolvers<'ready'>()
  const app = Fastify()
  t.after(() => app.close())
  const replication = { findStatusOf: () => live.promise }
  const config = { pingFederate: { timeoutMs: 10_000 } }
  waitUntilLive(app, { store, replication, isLiveAtNodes: undefined, config })
  app.get('/', { config: { canWait: true } }, async () => ({ clientId: 'pa_wam', status: 'replicating' }))
  const ask = async () => {
    const { headers, json } = await app.inject({ url: '/', headers: { prefer: 'wait=20' } })
    return [headers['preference-applied'], json().status].join(' ')
  }
  for (let round = 0; round < 2; round += 1) {
    const early: string[] = []
    const asked = Array.from({ length: 70 }, () => ask().then(answer => early.push(answer) && answer))
    await Promise.race(asked)
    if (round === 0) assert.deepEqual(new Set(early), new Set([' replicating']))
    live.resolve('ready')
    const answers = await Promise.all(asked)
    assert.equal(answers.filter(answer => answer === 'wait=20 ready').length, 64)
    assert.equal(answers.filter(answer => answer === ' replicating').length, 6)
    await store.write(trx => trx.updateTable('client').set({ replication: 'replicating' }).execute())
  }
})
