import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withSettings } from '../../src/pingfederate/client-fields.ts'
import { findDifferences } from '../../src/pingfederate/differences.ts'
import type { Json } from '../../src/pingfederate/json.ts'
import { parseClient } from '../../src/pingfederate/oauth-client.ts'
import { changed, fill, filled, settings } from './console.ts'
import { newClient } from './upstream.ts'

const operationId = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'
const version = [12, 1]

const toFound = (body: Json) => parseClient({ ...body, clientId: 'pa_wam' }) ?? assert.fail()

const differ = (client: ReturnType<typeof newClient>, body: Json, marker: string | undefined = operationId) =>
  findDifferences(toFound(body), { ...client, operationId: marker })

test('a client that nobody has touched does not differ, whatever PingFederate has filled in, in whatever order', () => {
  fc.assert(
    fc.property(settings, filled, (chosen, ways) => {
      const client = newClient(chosen)
      const body = withSettings({}, client, { operationId, version })
      assert.deepEqual(differ(client, fill(body, ways)), [])
    }),
    { numRuns: 1_000 },
  )
})

for (const [edit, pointer, expected, actual] of changed)
  test(`what somebody has set is found and named by field: ${pointer}`, () => {
    const client = newClient()
    const body = withSettings({}, client, { operationId, version })
    assert.deepEqual(differ(client, { ...body, ...edit }), [{ pointer, expected, actual }])
  })

test('every managed field is among those', () => {
  const client = newClient({ description: 'Shop' })
  const names = differ(client, { description: 'x', enabled: false }).map(({ pointer }) => pointer)
  const found = new Set([...names, ...changed.map(([, pointer]) => pointer)])
  const { pingAccessUrls, callbackUnder, otherRedirectUris, refreshTokens, ...managed } = client.settings
  assert.deepEqual(found, new Set(['/name', ...Object.keys(managed).map(name => `/${name}`)]))
})

test('a marker that is gone, or another one, is shown in the description; where none was left none is missed', () => {
  const client = newClient()
  const body = withSettings({}, client, { operationId, version })
  const marked = `Web session client of payments [web-session-clients ${operationId}]`
  const gone = { ...body, description: 'Web session client of payments' }
  assert.deepEqual(differ(client, gone), [
    { pointer: '/description', expected: marked, actual: 'Web session client of payments' },
  ])
  const other = marked.replace('7e10', '7e11')
  assert.deepEqual(differ(client, { ...body, description: other }), [
    { pointer: '/description', expected: marked, actual: other },
  ])
  assert.deepEqual(findDifferences(toFound(gone), { ...client, operationId: undefined }), [])
})

test('a token that somebody has written into a client is not shown', () => {
  const client = newClient()
  const body = {
    ...withSettings({}, client, { operationId, version }),
    name: 'x eyJhbGciOiJIUzI1NiJ9.secret',
  }
  assert.deepEqual(
    differ(client, body).map(({ actual }) => actual),
    ['x [masked]'],
  )
})
