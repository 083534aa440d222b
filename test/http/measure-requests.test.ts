import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { measureRequests } from '../../src/http/measure-requests.ts'

/** An application whose `/wait/…` is not answered, and what was told of its requests. */
const startMeasured = async (t: TestContext) => {
  const app = Fastify({ forceCloseConnections: true })
  t.after(() => app.close())
  const told: string[] = []
  const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  measureRequests(app, {
    requests: {
      begin: () => {
        told.push('begin')
        begun.resolve()
      },
      end: () => {
        told.push('end')
        ended.resolve()
      },
      observe: ({ method, route, status }) => void told.push(`${method} ${route} ${status}`),
    },
    countProblem: code => void told.push(code),
  })
  app.get('/wait/:id', () => new Promise(() => undefined))
  app.get('/answer/:id', async () => ({}))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url, told, begun: begun.promise, ended: ended.promise }
}

test('a request begins, is told by its route’s template, and ends once', async t => {
  const { url, told, ended } = await startMeasured(t)
  await fetch(`${url}/answer/planted`)
  await ended
  assert.deepEqual(told.toSorted(), ['GET /answer/:id 200', 'begin', 'end'])
})

test('a request whose client goes away before it is answered ends all the same', async t => {
  const { url, told, begun, ended } = await startMeasured(t)
  const leaving = new AbortController()
  const gone = fetch(`${url}/wait/1`, { signal: leaving.signal }).catch(() => undefined)
  await begun
  leaving.abort()
  await Promise.all([gone, ended])
  assert.equal(told.filter(each => each === 'end').length, 1)
})

test('an address that nobody has is told without a word of it', async t => {
  const { url, told, ended } = await startMeasured(t)
  await fetch(`${url}/planted`)
  await ended
  assert.deepEqual(told.toSorted(), ['GET none 404', 'begin', 'end'])
})
