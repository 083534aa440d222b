import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, listOperations, listSchemas, readDocument } from './document.ts'

const document = await readDocument()
const operations = listOperations(document)

const lacksText = (object: Json, ...names: string[]) =>
  names.filter(name => typeof object[name] !== 'string' || object[name] === '')

const hasExample = (object: Json) =>
  object['example'] !== undefined || Object.keys(object['examples'] ?? {}).length > 0

for (const { name, operation } of operations) {
  const { tags, security, parameters = [], requestBody = {}, responses } = operation

  test(`${name} says what it does, who may do it, and what can be sent, with examples`, () => {
    assert.deepEqual(lacksText(operation, 'summary', 'description', 'operationId'), [])
    assert.equal(tags.length, 1)
    assert.ok(Array.isArray(security))
    for (const parameter of parameters) {
      const hasDefault = 'default' in parameter.schema
      assert.deepEqual(lacksText(parameter, 'description'), [], parameter.name)
      assert.ok(hasExample(parameter) || hasDefault, `${parameter.name} has no example`)
      assert.ok(!(parameter.required && hasDefault), `${parameter.name} is required in spite of its default`)
    }
    for (const media of Object.values<Json>(requestBody.content ?? {})) {
      assert.ok(hasExample(media), 'the body has no example')
    }
  })

  test(`${name} describes every answer, with an example for each problem`, () => {
    for (const [status, response] of Object.entries<Json>(responses)) {
      const { headers = {}, content = {} } = response
      assert.deepEqual(lacksText(response, 'description'), [], status)
      for (const header of Object.values<Json>(headers))
        assert.deepEqual(lacksText(header, 'description'), [])
      for (const media of Object.values<Json>(content))
        assert.ok(hasExample(media), `${status} has no example`)
      if (Number(status) >= 400) assertProblems(Number(status), response)
    }
  })
}

const assertProblems = (status: number, { description, content }: Json): void => {
  const codes = [...description.matchAll(/`(\w+)`: /g)].map(([, code]) => code)
  const { examples } = content['application/problem+json']
  assert.ok(codes.length > 0, `${status} names no code`)
  assert.deepEqual(Object.keys(examples), codes)
  for (const [code, { value }] of Object.entries<Json>(examples)) {
    assert.deepEqual([value.code, value.status], [code, status])
    assert.equal(value.type, `urn:problem:web-session-clients:${code}`)
  }
}

const schemas = listSchemas(document)

test('every schema and every property has a description', () => {
  const silent = schemas.filter(({ schema }) => lacksText(schema, 'description').length > 0)
  assert.ok(schemas.length > 50, 'the document was walked')
  assert.deepEqual(
    silent.map(({ name }) => name),
    [],
  )
})

test('every text has an example, unless its values are enumerated', () => {
  const isText = ({ type, ...schema }: Json) =>
    type === 'string' && !('enum' in schema) && !('const' in schema)
  const bare = schemas.filter(({ schema }) => isText(schema) && !hasExample(schema))
  assert.deepEqual(
    bare.map(({ name }) => name),
    [],
  )
})
