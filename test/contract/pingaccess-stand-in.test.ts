import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Exchange } from '../../src/sandbox/exchange.ts'
import { createAdministrator } from '../../src/sandbox/pingaccess/administrator.ts'
import { createSandbox } from '../../src/sandbox/sandbox.ts'
import { callPingAccess } from '../sandbox/pingaccess/call-pingaccess.ts'
import { recipe } from '../sandbox/pingaccess/installed.ts'
import { shareSigningKey } from '../signing-key.ts'
import { findDescription, loadDescription } from './description.ts'

const found = findDescription(process.env, 'PINGACCESS_API_DESCRIPTION')

/** Every operation after the first login is set up, good and bad, with the status it has to have. */
const calls = [
  ['GET', '/version', 200],
  ...['webSessions', 'applications', 'virtualhosts', 'sites', 'identityMappings'].flatMap(
    name =>
      [
        ['GET', `/${name}`, 200],
        ['GET', `/${name}/1`, 200],
        ['POST', `/${name}`, 422],
      ] as const,
  ),
  ['GET', '/certificates?alias=pingfederate', 200],
  ['GET', '/trustedCertificateGroups', 200],
  ['GET', '/applications/reserved', 200],
  ['GET', '/pingfederate/runtime', 200],
  ['GET', '/pingfederate/runtime/metadata', 200],
  ['DELETE', '/webSessions/1', 422],
  ['DELETE', '/applications/1', 200],
  ['DELETE', '/webSessions/1', 200],
] as const

test('every answer of the stand-in for PingAccess keeps to Ping’s own description, and so does what sets it up', {
  skip: found.missing,
}, async t => {
  assert.ok(found.missing === false)
  const description = loadDescription(found.path)
  const sandbox = await createSandbox({ audience: 'test', signingKey: await shareSigningKey() })
  t.after(() => sandbox.close())
  const pingAccess = await sandbox.startPingAccess()
  const exchanges: Exchange[] = []
  pingAccess.onExchange(exchange => exchanges.push(exchange))
  const administrator = createAdministrator(pingAccess)
  await administrator.trust({ issuer: pingAccess.issuer, certificate: { pem: pingAccess.certificate } })
  const id = await administrator.follow(recipe, 'a-secret')
  await administrator.change(id, { requestProfile: true })
  await administrator.send('PUT', '/applications/reserved', { contextRoot: '/pa' })
  const setUp = exchanges.length
  for (const [method, path, status] of calls) {
    const body = status === 422 && method === 'POST' ? {} : undefined
    assert.equal((await callPingAccess(pingAccess, method, path, body)).status, status, `${method} ${path}`)
  }
  assert.equal(exchanges.length, setUp + calls.length)
  // What is refused with 422 is to be wrong; its answer is checked all the same.
  const checked = exchanges.map(each => (each.status === 422 ? { ...each, requestBody: undefined } : each))
  const problems = checked.flatMap(description.check).filter(problem => !problem.includes('request  must be'))
  assert.deepEqual(problems, [])
})
