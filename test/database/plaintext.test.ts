import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { startTestService } from '../service.ts'

/** Everything the database has on disk, the write-ahead log included. */
const readDatabase = async (path: string): Promise<string> => {
  const names = (await readdir(dirname(path))).filter(name => name.startsWith(basename(path)))
  const contents = await Promise.all(names.map(name => readFile(join(dirname(path), name), 'latin1')))
  return contents.join('\n')
}

test('neither secret, token, password nor access token is ever in the database’s files', async t => {
  const { sandbox, call, databasePath } = await startTestService(t)
  const body = { clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'] }
  const created = await call('POST', '/web-session-clients', { body })
  const { token } = created.body.retrieval
  const afterCreate = await readDatabase(databasePath)
  const redeemed = await call('POST', '/secret-retrievals', { body: { token } })
  assert.equal(redeemed.status, 200)
  const afterRedeem = await readDatabase(databasePath)
  const { clientSecret } = redeemed.body
  assert.ok(clientSecret.length >= 32)
  assert.ok(afterCreate.includes('pa_wam'))
  const accessToken = await sandbox.accessToken({ service: 'payments-pipeline' })
  const [, claims = 'none'] = accessToken.split('.')
  const secrets = [clientSecret, token, token.slice(14, 50), sandbox.adminPassword, claims.slice(0, 40)]
  for (const [index, secret] of secrets.entries()) {
    assert.ok(!afterCreate.includes(secret), `${index} after the create`)
    assert.ok(!afterRedeem.includes(secret), `${index} after the hand-out`)
  }
})

test('a redeemed secret leaves no sealed form in its row', async t => {
  const { call, databasePath } = await startTestService(t)
  const body = { clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'] }
  const created = await call('POST', '/web-session-clients', { body })
  await call('POST', '/secret-retrievals', { body: { token: created.body.retrieval.token } })
  const connection = new DatabaseSync(databasePath, { readOnly: true })
  t.after(() => connection.close())
  assert.deepEqual(
    connection
      .prepare('select state, sealed from retrieval')
      .all()
      .map(row => ({ ...row })),
    [{ state: 'redeemed', sealed: null }],
  )
})
