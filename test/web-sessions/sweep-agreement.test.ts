import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createPingFederate } from '../../src/pingfederate/ping-federate.ts'
import { walkClients } from '../../src/web-session-clients/walk-clients.ts'
import { liveRows } from '../../src/web-sessions/live-agreement-schema.ts'
import { createAgreementSweep, type Disagreements } from '../../src/web-sessions/sweep-agreement.ts'
import { clientRow } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'
import { connect as connectPingAccess } from '../pingaccess/connected.ts'
import { basicConfig, connect, newClient } from '../pingfederate/upstream.ts'
import { client, install, recipe, secret } from '../sandbox/pingaccess/installed.ts'

const ids = ['one', 'two', 'none', 'off', 'by-hand']

/** Clients and their web sessions, each with the host of its id; `none` has no web session, `by-hand` no row here. */
const start = async (t: TestContext) => {
  const { sandbox, pingAccess, administrator, save } = await install(t)
  const store = await openSqliteStore(t)
  for (const id of ids) {
    const redirectUris = [`https://${id}.example.com/pa/oidc/cb`]
    const saved = { ...client, clientId: id, redirectUris }
    await save(saved)
    const { settings } = newClient({ redirectUris, enabled: id !== 'off' })
    const row = clientRow({ client_id: id, settings: JSON.stringify(settings) })
    if (id !== 'by-hand') await store.write(trx => trx.insertInto('client').values(row).execute())
    if (id !== 'none') await administrator.follow(toRecipe(id), secret)
  }
  const asked: string[] = []
  pingAccess.onExchange(({ path }) => void asked.push(path))
  const lines: unknown[] = []
  const told: Disagreements[] = []
  const live = connectPingAccess(t, pingAccess.adminUrl, pingAccess.adminPassword)
  const pingFederate = createPingFederate(connect(t, basicConfig(sandbox)))
  const sweep = createAgreementSweep({
    ...{ store, pingFederate },
    pingAccess: live,
    log: { warn: (...line: unknown[]) => void lines.push(line) },
    setDisagreements: counted => void told.push(counted),
  })
  const walk = () =>
    walkClients({ pingFederate, pause: async () => undefined }, [sweep()], new AbortController().signal)
  const edit = (id: string, change: object) =>
    save({ ...client, clientId: id, redirectUris: [`https://${id}.example.com/pa/oidc/cb`], ...change })
  return { walk, sweep, asked, lines, told, edit, live }
}

const toRecipe = (id: string) => {
  const { webSession } = recipe
  const clientCredentials = { clientId: id, clientSecret: { value: null }, credentialsType: 'SECRET' }
  return {
    ...{ ...recipe, clientId: id },
    webSession: { ...webSession, name: id, audience: id, clientCredentials },
    applications: [
      {
        ...{ contextRoot: '/', deployReservedResources: false },
        virtualHosts: [{ host: `${id}.example.com`, port: 443 }],
      },
    ],
  }
}

const counted = (byRow: Partial<Disagreements> = {}): Disagreements => ({
  ...(Object.fromEntries(liveRows.map(row => [row, 0])) as Disagreements),
  ...byRow,
})

const restricted = { restrictScopes: true, restrictedScopes: ['openid'] }

test('clients are counted by what their web sessions do not agree with, PingAccess read once for a walk, and named when that changes', async t => {
  const { walk, asked, lines, told, edit } = await start(t)
  await walk()
  assert.deepEqual([told, lines, asked.length], [[counted()], [], 6])
  for (const id of ids) await edit(id, restricted)
  await edit('two', { ...restricted, requirePushedAuthorizationRequests: true })
  for (let walks = 0; walks < 2; walks += 1) await walk()
  assert.deepEqual(told.slice(1), Array(2).fill(counted({ scopes: 2, pushed_authorization: 1 })))
  const disagreements = [
    { clientId: 'one', rows: ['scopes'] },
    { clientId: 'two', rows: ['scopes', 'pushed_authorization'] },
  ]
  const text = 'clients that their web sessions in PingAccess do not agree with'
  assert.deepEqual(lines, [[{ count: 2, disagreements }, text]])
  for (const id of ids) await edit(id, {})
  await walk()
  assert.deepEqual([told.at(-1), lines.length], [counted(), 1])
})

test('where PingAccess cannot be read the walk goes on, one line says so, and what was told before stays', async t => {
  const { walk, lines, told, live } = await start(t)
  await live.close()
  await walk()
  assert.deepEqual([told, lines.length], [[], 1])
  assert.match(JSON.stringify(lines), /PingAccess could not be read/)
})

test('PingAccess is read once for all pages, and a walk that did not see all of them tells nothing', async t => {
  const { sweep, asked, told } = await start(t)
  const { visit, end } = sweep()
  for (let pages = 0; pages < 3; pages += 1) await visit([])
  assert.equal(asked.length, 6)
  await end(false)
  assert.deepEqual(told, [])
  await end(true)
  assert.deepEqual(told, [counted()])
})
