import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { callAdminApi, paWam } from '../call-admin-api.ts'

const sandbox = await createSandbox({ audience: 'test' })
after(() => sandbox.close())

const path = '/extendedProperties'
const put = (body: unknown) => callAdminApi(sandbox, 'PUT', path, body)
const read = async () => (await callAdminApi(sandbox, 'GET', path)).body

test('200: extended properties are answered as they were put, until others are', async () => {
  assert.deepEqual(await read(), { items: [] })
  const test = { name: 'test', description: 'test', multiValued: true }
  assert.deepEqual((await put({ items: [test, { name: 'other' }] })).body, {
    items: [test, { name: 'other', multiValued: false }],
  })
  assert.deepEqual((await put({ items: [{ ...test, description: null }] })).status, 200)
  assert.deepEqual(await read(), { items: [{ name: 'test', multiValued: true }] })
  assert.deepEqual((await put({})).body, { items: [] })
})

test('400 or 422 for what is none, and those that were there stay', async () => {
  await put({ items: [{ name: 'test' }] })
  for (const [body, status] of [
    [{ items: [{ name: 'test', type: 'text' }] }, 400],
    [{ items: {} }, 400],
    [{ items: [{ name: '' }] }, 422],
  ] as const)
    assert.equal((await put(body)).status, status)
  assert.deepEqual(await read(), { items: [{ name: 'test', multiValued: false }] })
})

test('201 for a client with a parameter of such a name, which is answered with it', async () => {
  await put({ items: [{ name: 'test' }] })
  const extendedParameters = { test: { values: ['test'] } }
  const { status, body } = await callAdminApi(sandbox, 'POST', '/oauth/clients', {
    ...paWam,
    extendedParameters,
  })
  assert.equal(status, 201)
  assert.deepEqual(body.extendedParameters, extendedParameters)
})
