import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { buildSerializer, buildValidator } from '../../src/http/compilation.ts'
import { problemSchemas } from '../../src/problem.ts'
import { createdExample, createdRetrieval } from '../../src/web-session-clients/examples.ts'
import { CreatedWebSessionClient } from '../../src/web-session-clients/schema.ts'

const createApp = (): FastifyInstance =>
  Fastify({ schemaController: { compilersFactory: { buildSerializer, buildValidator } } })

const problem = {
  type: 'urn:problem:web-session-clients:validation_failed',
  code: 'validation_failed',
  title: 'The request breaks rules',
  status: 422,
  detail: 'One rule is broken.',
  instance: 'urn:uuid:01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10',
}
const violation = { in: 'body', pointer: '/name', rule: 'type', detail: 'No text.', fix: 'Send text.' }
const leaked = { secret: 'leaked' }

/** Answers what stands in its body, under the schemas that the service has. */
const createEcho = async (): Promise<FastifyInstance> => {
  const app = createApp()
  for (const schema of [...problemSchemas, CreatedWebSessionClient]) app.addSchema(schema)
  const response = (name: string, type: string) => ({ content: { [type]: { schema: Type.Ref(name) } } })
  for (const url of ['/one', '/other'])
    app.post(url, {
      schema: {
        response: {
          201: response('CreatedWebSessionClient', 'application/json'),
          409: response('ProblemDetails', 'application/problem+json'),
          422: response('ProblemDetails', 'application/problem+json'),
        },
      },
      handler: async (request, reply) => {
        const { status, type, body } = request.body as { status: number; type: string; body: unknown }
        return reply
          .code(status as never)
          .type(type)
          .send(body)
      },
    })
  return app
}

for (const url of ['/one', '/other']) {
  for (const status of [409, 422])
    test(`${status} lets out of a problem what its schema names, and nothing else (${url})`, async () => {
      const app = await createEcho()
      const body = { ...problem, ...leaked, violations: [{ ...violation, ...leaked }] }
      const answer = await app.inject({
        method: 'POST',
        url,
        payload: { status, type: 'application/problem+json', body },
      })
      assert.equal(answer.statusCode, status)
      assert.deepEqual(answer.json(), { ...problem, violations: [violation] })
    })

  test(`201 lets out of a client what its schema names, and nothing else (${url})`, async () => {
    const app = await createEcho()
    const body = { ...createdExample, ...leaked }
    const answer = await app.inject({
      method: 'POST',
      url,
      payload: { status: 201, type: 'application/json', body },
    })
    assert.equal(answer.statusCode, 201)
    assert.deepEqual(answer.json(), createdExample)
  })

  test(`500 rather than a field too many in what may be null (${url})`, async () => {
    const app = await createEcho()
    const body = { ...createdExample, retrieval: { ...createdRetrieval, ...leaked } }
    const answer = await app.inject({
      method: 'POST',
      url,
      payload: { status: 201, type: 'application/json', body },
    })
    assert.equal(answer.statusCode, 500)
    for (const text of Object.values(leaked)) assert.ok(!answer.body.includes(String(text)))
  })
}

test('the same reference answers by the shared schema of its own application', async () => {
  const createWith = (property: string) => {
    const app = createApp()
    app.addSchema(Type.Object({ [property]: Type.String() }, { $id: 'Shared' }))
    app.get('/', { schema: { response: { 200: Type.Ref('Shared') } } }, async () => ({ a: 'a', b: 'b' }))
    return app
  }
  assert.deepEqual((await createWith('a').inject('/')).json(), { a: 'a' })
  assert.deepEqual((await createWith('b').inject('/')).json(), { b: 'b' })
})

test('the same schema takes a number as text in a query, but not in a body', async () => {
  const app = createApp()
  const schema = Type.Object({ count: Type.Integer() })
  app.post('/', { schema: { body: schema, querystring: schema } }, async request => request.query)
  const post = (count: unknown) => app.inject({ method: 'POST', url: '/?count=1', payload: { count } })
  assert.deepEqual((await post(1)).json(), { count: 1 })
  assert.equal((await post('1')).statusCode, 400)
})

test('a start compiles no schema, and the first request that needs one does, once', async () => {
  const app = createApp()
  let asked = 0
  // Read whenever the schema is compiled, and not when the route is made.
  const toJSON = () => {
    asked += 1
    return { type: 'object' }
  }
  const counted = { type: 'object', properties: {}, toJSON }
  app.get('/', { schema: { response: { 200: counted } } }, async () => ({}))
  await app.ready()
  assert.equal(asked, 0)
  await app.inject('/')
  const once = asked
  await app.inject('/')
  assert.deepEqual([once > 0, asked], [true, once])
})
