import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startConnected, writesOf } from '../web-sessions/connected.ts'
import { findDescription, loadDescription } from './description.ts'

const found = findDescription(process.env, 'PINGACCESS_API_DESCRIPTION')

test('every call of an import keeps to PingAccess’s own description, and so do the calls that are foretold', {
  skip: found.missing,
}, async t => {
  assert.ok(found.missing === false)
  const description = loadDescription(found.path)
  const { importCertificate, call, ask, exchanges } = await startConnected(t)
  assert.equal((await importCertificate()).status, 201)
  // So that the group is changed, and not made.
  const { items } = await ask('GET', '/trustedCertificateGroups')
  const group = items.at(-1)
  await ask('PUT', `/trustedCertificateGroups/${group.id}`, { ...group, certIds: [] })
  const { calls } = (await call('GET', '/token-provider')).body.pingAccess
  assert.equal((await importCertificate()).status, 201)
  const sent = exchanges.filter(({ method, path }) => method === 'PUT' && path === calls[0].path).at(-1)
  assert.deepEqual([calls.length, calls[0].body], [1, sent?.requestBody])
  assert.equal(writesOf(exchanges).length, 5)
  assert.deepEqual(exchanges.flatMap(description.check), [])
})
