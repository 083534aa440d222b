import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { problems } from '../src/problem.ts'
import { startTestService } from './service.ts'

type Operation = {
  operationId?: string
  summary?: string
  tags?: string[]
  security?: Record<string, string[]>[]
  responses: Record<string, { content?: Record<string, { examples?: Record<string, unknown> }> }>
}

type Route = { method: string; path: string; operation: Operation }

/** The service and every route of its API document. */
const startWithRoutes = async (t: TestContext) => {
  const service = await startTestService(t)
  const { body } = await service.call('GET', '/openapi.json', { as: null })
  const routes = Object.entries<Record<string, Operation>>(body.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, operation]): Route => ({ method: method.toUpperCase(), path, operation }),
    ),
  )
  assert.ok(routes.length >= 7)
  return { ...service, routes, document: body }
}

const isPublic = ({ operation }: Route): boolean => operation.security?.length === 0

/** An address that matches the route. */
const addressOf = ({ path }: Route): string => path.replaceAll(/\{\w+\}/g, 'pa_wam')

const publicPaths = ['/health/live', '/health/ready', '/metrics']

test('only the routes that are named here are public', async t => {
  const { routes } = await startWithRoutes(t)
  assert.deepEqual(
    routes.filter(isPublic).map(({ path }) => path),
    publicPaths,
  )
})

test('HEAD asks for the same token as GET', async t => {
  const { routes, call } = await startWithRoutes(t)
  for (const route of routes.filter(each => each.method === 'GET' && !isPublic(each))) {
    assert.equal((await call('HEAD', addressOf(route), { as: null })).status, 401)
  }
})

const source = new URL('../src/', import.meta.url)

/** Files of src that define an operation, and its id. */
const operationFiles = (): [string, string][] =>
  readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.startsWith('sandbox'))
    .flatMap(file => {
      const [, operationId] =
        /^ {2}operationId: '(\w+)'/m.exec(readFileSync(new URL(file, source), 'utf8')) ?? []
      return operationId ? [[file, operationId]] : []
    })

test('every route has an operation id, a summary, a tag, a file and a test of that file', async t => {
  const { routes } = await startWithRoutes(t)
  const files = operationFiles()
  const ids = routes.map(({ operation }) => operation.operationId)
  assert.deepEqual(ids.toSorted(), files.map(([, operationId]) => operationId).sort())
  for (const { operation } of routes) assert.ok(operation.summary && operation.tags?.length === 1)
  for (const [file] of files) {
    assert.ok(
      existsSync(new URL(`./${file.replace(/\.ts$/, '.test.ts')}`, import.meta.url)),
      `${file} has no test`,
    )
  }
})

/** What came too late for a client is a conflict; the token itself is gone. */
const conflicts = ['409 retrieval_redeemed', '409 retrieval_expired']

test('every problem a route documents stands under the status it is answered with', async t => {
  const { routes } = await startWithRoutes(t)
  for (const { operation } of routes) {
    for (const [status, { content }] of Object.entries(operation.responses)) {
      for (const code of Object.keys(content?.['application/problem+json']?.examples ?? {})) {
        const usual = `${problems[code as keyof typeof problems].status} ${code}`
        assert.ok([usual, ...conflicts].includes(`${status} ${code}`), code)
      }
    }
  }
})

test('the document names this installation’s issuer, and Swagger UI is served with a policy of its own', async t => {
  const { document, call, sandbox } = await startWithRoutes(t)
  const { oauth2 } = document.components.securitySchemes
  assert.ok(oauth2.flows.clientCredentials.tokenUrl.startsWith(sandbox.issuer))
  const page = await call('GET', '/documentation/', { as: null })
  assert.equal(page.status, 200)
  assert.match(String(page.headers.get('content-security-policy')), /default-src 'none'/)
})
