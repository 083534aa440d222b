import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { describeProtected } from '../../src/api-document/describe-protected.ts'
import { anyScope } from '../../src/authentication/authenticate.ts'
import { problemSchemas } from '../../src/problem.ts'

type Described = { security: unknown; response: Record<string, { description: string }> }

/** What is made of routes that describe nothing but their scope or that any will do, and in one case a body and a problem of their own. */
const describe = async () => {
  const described = new Map<string, Described>()
  const app = Fastify()
  for (const schema of problemSchemas) app.addSchema(schema)
  describeProtected(app)
  app.addHook('onRoute', ({ method, schema }) => {
    described.set(String(method), schema as unknown as Described)
  })
  const scope = 'secrets:redeem'
  const response = { 200: { description: 'Done.', type: 'null' } }
  app.get('/', { config: { scope }, schema: { response } }, async () => null)
  app.post(
    '/',
    {
      config: { scope, problems: ['retrieval_not_found'] },
      schema: { body: { type: 'object' }, response },
    },
    async () => null,
  )
  app.delete('/', { config: { scope: anyScope }, schema: { response } }, async () => null)
  await app.ready()
  await app.close()
  return { get: described.get('GET'), post: described.get('POST'), any: described.get('DELETE') }
}

test('the security of a route is what its scope says', async () => {
  const { get } = await describe()
  assert.deepEqual(get?.security, [{ oauth2: ['secrets:redeem'] }, { bearer: [] }])
})

test('a route that any scope will do for wants a token and no scope, and misses none', async () => {
  const { any } = await describe()
  assert.deepEqual(any?.security, [{ oauth2: [] }, { bearer: [] }])
  assert.ok(any?.response['401'])
  assert.equal(any?.response['403'], undefined)
})

test('a route answers the problems that all have, those of bodies only where it has one, and its own', async () => {
  const { get, post } = await describe()
  for (const route of [get, post]) {
    assert.equal(route?.response['200']?.description, 'Done.')
    for (const status of ['401', '403', '422', '429', '500', '503'])
      assert.ok(route?.response[status], status)
  }
  assert.equal(get?.response['413'], undefined)
  assert.equal(get?.response['404'], undefined)
  assert.match(String(post?.response['413']?.description), /`body_too_large`/)
  assert.match(String(post?.response['404']?.description), /`retrieval_not_found`/)
})
