import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDescription, findDescription } from './description.ts'

const thing = { $ref: '#/components/schemas/Thing' }
const { check } = createDescription({
  paths: {
    '/things/{id}': {
      get: { responses: { '200': { content: { 'application/json': { schema: thing } } }, '404': {} } },
      put: {
        parameters: [{ in: 'query', name: 'force' }],
        requestBody: { content: { 'application/json': { schema: thing } } },
        responses: { '204': { content: {} } },
      },
    },
    '/things/special': { get: { responses: { '204': {} } } },
  },
  components: {
    schemas: {
      Thing: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string' },
          kind: { type: 'string', enum: ['A', 'B'] },
          since: { type: 'string', format: 'date-time', nullable: true },
        },
      },
    },
  },
})

const requestHeaders = { 'x-xsrf-header': 'PingFederate' }
const get = { method: 'GET', path: '/things/1', requestHeaders }
const put = { method: 'PUT', path: '/things/1', requestHeaders, status: 204 }

test('an exchange that keeps to the description has no problems', () => {
  assert.deepEqual(check({ ...get, status: 200, responseBody: { id: '1', since: null, more: true } }), [])
  assert.deepEqual(check({ ...put, requestBody: { id: '1', kind: 'A' }, query: 'force=true' }), [])
  assert.deepEqual(check({ ...get, path: '/things/special', status: 204 }), [])
  assert.deepEqual(check({ ...get, status: 404, responseBody: 'anything' }), [])
  for (const status of [401, 503, undefined]) assert.deepEqual(check({ ...get, status }), [])
})

for (const [what, exchange, problem] of [
  [
    'an unknown property in a request',
    { ...put, requestBody: { id: '1', more: true } },
    /additional properties.*more/,
  ],
  ['a wrong enum value in a request', { ...put, requestBody: { id: '1', kind: 'C' } }, /request \/kind/],
  ['a request without its body', put, /request {2}must be object/],
  ['a body where none is described', { ...get, requestBody: {}, status: 404 }, /body that nothing describes/],
  ['an unknown query parameter', { ...put, requestBody: { id: '1' }, query: 'x=1' }, /parameter x/],
  ['a missing X-XSRF-Header', { ...get, requestHeaders: {}, status: 404 }, /X-XSRF-Header/],
  [
    'a response without a required property',
    { ...get, status: 200, responseBody: {} },
    /required property 'id'/,
  ],
  [
    'a malformed date in a response',
    { ...get, status: 200, responseBody: { id: '1', since: 'x' } },
    /since.*date-time/,
  ],
  ['a status that is not described', { ...get, status: 409 }, /status 409 is not described/],
  ['a body with 204', { ...put, requestBody: { id: '1' }, responseBody: {} }, /response has a body/],
  ['a path that is not described', { ...get, path: '/others', status: 200 }, /GET \/others is not described/],
] as const) {
  test(`${what} is a problem`, () => assert.match(check(exchange).join('\n'), problem))
}

test('a description that is not there says so', () => {
  assert.match(String(findDescription({}).missing), /is not set/)
  assert.match(
    String(findDescription({ PINGFEDERATE_API_DESCRIPTION: '/nowhere' }).missing),
    /cannot be read/,
  )
})
