import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listRoutes } from '../openapi/routes.ts'
import { createRetrieval, readRows, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService } from '../service.ts'
import { openConnection } from './raw-socket.ts'

const routes = await listRoutes()
const paths = [...new Set(routes.map(({ path }) => path))]
const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What an address answers by the API document; HEAD goes with GET, and OPTIONS with everything. */
const documented = (path: string): string[] => {
  const own = routes.filter(route => route.path === path).map(({ method }) => method)
  return [...own, ...(own.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort()
}

test('405 with Allow for every method an address does not have, before anybody signs in or a body is read', async t => {
  const { call } = await startTestService(t)
  for (const path of paths) {
    const allow = documented(path).join(', ')
    for (const method of methods.filter(each => !documented(path).includes(each))) {
      await t.test(`${method} ${path}`, async () => {
        const body = ['GET', 'HEAD'].includes(method) ? undefined : '<no json>'
        const answer = await call(method, path, { as: null, body })
        assert.equal(answer.status, 405)
        assert.equal(answer.headers.get('allow'), allow)
        if (method !== 'HEAD') assert.equal(answer.body.code, 'method_not_allowed')
      })
    }
  }
})

test('204 with Allow for OPTIONS on every address; 404 for any method where there is none', async t => {
  const { call } = await startTestService(t)
  for (const path of [...paths, '/openapi.json', '/documentation']) {
    const answer = await call('OPTIONS', path, { as: null })
    assert.deepEqual([answer.status, answer.body], [204, ''], path)
    assert.deepEqual(answer.headers.get('access-control-allow-origin'), null)
    if (paths.includes(path)) assert.equal(answer.headers.get('allow'), documented(path).join(', '))
    else assert.equal(answer.headers.get('allow'), 'GET, HEAD, OPTIONS')
  }
  for (const method of methods.filter(each => each !== 'HEAD')) {
    const { status, body } = await call(method, '/nothing', { as: null })
    assert.deepEqual([status, body.code], [404, 'route_not_found'])
  }
})

test('404 for an address that nobody has, whatever body is announced, before any of it is read', async t => {
  const { url } = await startTestService(t)
  const bodies = [
    'content-length: 60000\r\ncontent-type: application/json',
    'content-length: 9999999\r\ncontent-type: application/json',
    'content-length: 60000\r\ncontent-type: text/xml',
    'transfer-encoding: chunked\r\ncontent-encoding: gzip',
  ]
  for (const path of ['/nothing', '/web-session-clients/pa_wam/nothing', '/documentation/nothing/at/all'])
    for (const fields of bodies) {
      const connection = openConnection(t, url)
      connection.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${fields}\r\n\r\n`)
      await connection.answered
      connection.close()
      assert.match(await connection.received, /^HTTP\/1\.1 404 [\s\S]*"route_not_found"/, `${path} ${fields}`)
    }
})

const everyRow = ({ databasePath }: TestService): string => {
  const tables = readRows(databasePath, "select name from sqlite_schema where type = 'table'")
  return JSON.stringify(tables.map(({ name }) => [name, readRows(databasePath, `select * from "${name}"`)]))
}

test('GET, HEAD and OPTIONS on every address, with a token in every place, leave the database and the secret alone', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const operationId = String(
    readRows(service.databasePath, 'select operation_id from operation')[0]?.['operation_id'],
  )
  const before = everyRow(service)
  assert.match(before, /"outstanding"/)
  const headers = { 'x-token': token, 'content-type': 'application/json' }
  const addresses = routes.flatMap(({ at, path }) => [
    at({ operationId }),
    `${at({ operationId })}?token=${token}`,
    path.replace(/\{\w+\}/, token),
    `${path.replace(/\{\w+\}/, token)}/${token}`,
  ])
  for (const address of addresses) {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      const { status } = await service.call(method, address, { headers })
      assert.ok(status < 500 || address.startsWith('/health/ready'), `${method} ${address}: ${status}`)
      assert.equal(everyRow(service), before, `${method} ${address}`)
    }
  }
  assert.equal((await redeem(service, token)).status, 200)
  assert.notEqual(everyRow(service), before)
})
