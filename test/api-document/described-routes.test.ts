import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { noteRoutes } from '../../src/api-document/described-routes.ts'

test('what is described is every route that is not hidden, with what hooks add to its schema', async () => {
  const app = Fastify()
  const describe = noteRoutes(app)
  app.addSchema({ $id: 'Shared', type: 'object', properties: { a: { type: 'string' } } })
  const handler = async () => ({})
  await app.register(async scope => {
    scope.addHook('onRoute', route => {
      route.schema = { ...route.schema, summary: 'added' }
    })
    scope.post('/shown', { schema: { body: { $ref: 'Shared#' } }, handler })
  })
  app.get('/hidden', { schema: { hide: true }, handler })
  app.get('/plain', handler)
  await app.ready()
  const described = await describe()
  await described.ready()
  const { paths, components } = described.swagger() as {
    paths: Record<string, Record<string, { summary?: string }>>
    components: { schemas: object }
  }
  assert.deepEqual(Object.keys(paths), ['/shown', '/plain'])
  assert.deepEqual(
    [Object.keys(paths['/shown'] ?? {}), paths['/shown']?.['post']?.summary],
    [['post'], 'added'],
  )
  assert.deepEqual(Object.keys(components.schemas), ['Shared'])
})
