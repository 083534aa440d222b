import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem, problemResponses, toProblemDetails } from '../src/problem.ts'

type Described = { description: string; headers: object; content: Record<string, { examples: object }> }

test('what is answered of a problem is what its schema names: nothing of cause, case or header fields', () => {
  const problem = new Problem('client_id_taken', 'It is taken.', {
    cause: new Error('planted'),
    about: { team: 'planted', clientId: 'planted' },
    headers: { 'retry-after': 'planted' },
    operation: '01937b4e',
  })
  assert.deepEqual(toProblemDetails(problem, 'request'), {
    type: 'urn:problem:web-session-clients:client_id_taken',
    code: 'client_id_taken',
    title: 'The client id is taken',
    status: 409,
    detail: 'It is taken.',
    instance: 'urn:uuid:request',
    operation: '/operations/01937b4e',
  })
})

test('problems of one status are described together, each with an example; a status of the route’s own counts', () => {
  const described: Record<string, Described> = problemResponses(
    'client_id_taken',
    { code: 'retrieval_redeemed', status: 409 },
    'retrieval_expired',
  )
  assert.deepEqual(Object.keys(described), ['409', '410'])
  const { description, content } = described['409'] ?? assert.fail()
  assert.match(description, /^`client_id_taken`: .+\. `retrieval_redeemed`: .+\.$/)
  assert.deepEqual(Object.keys(content['application/problem+json']?.examples ?? {}), [
    'client_id_taken',
    'retrieval_redeemed',
  ])
})

test('a status says Retry-After where one of its problems ends by waiting, and the challenge where a token helps', () => {
  const described: Record<string, Described> = problemResponses(
    ...(['client_id_taken', 'operation_in_progress', 'retrieval_expired', 'insufficient_scope'] as const),
  )
  const headers = Object.entries(described).map(([status, each]) => [status, ...Object.keys(each.headers)])
  assert.deepEqual(headers, [['403', 'WWW-Authenticate'], ['409', 'Retry-After'], ['410']])
})
