import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../service.ts'

test('200: the page permits calls to itself and to the issuer only, and does not insist on https', async t => {
  const { call, sandbox } = await startTestService(t, { env: { SWAGGER_UI_CLIENT_ID: 'swagger-ui' } })
  const { status, headers } = await call('GET', '/documentation', { as: null })
  const policy = headers.get('content-security-policy') ?? ''
  assert.equal(status, 200)
  assert.ok(policy.includes("default-src 'none'"))
  assert.ok(policy.includes(`connect-src 'self' ${sandbox.issuer};`))
  assert.doesNotMatch(policy, /upgrade-insecure-requests|unsafe-eval|script-src[^;]*unsafe/)
})

const file = '/documentation/static/swagger-ui.css'

test('HEAD of the page and of its files is answered with what GET would tell of them', async t => {
  const { url } = await startTestService(t)
  for (const path of ['/documentation/', file]) {
    const [head, get] = await Promise.all(['HEAD', 'GET'].map(method => fetch(url + path, { method })))
    assert.deepEqual(
      [head?.status, head?.headers.get('content-type'), head?.headers.get('content-length')],
      [200, get?.headers.get('content-type'), get?.headers.get('content-length')],
      path,
    )
    assert.equal(await head?.text(), '')
  }
})

test('404 for a file that the page has not, as for every other address, with its line in the log', async t => {
  const { call, logLines } = await startTestService(t)
  for (const path of ['/documentation/static/nothing.js', '/documentation/static/..%2f..%2fpackage.json']) {
    const { status, headers, body } = await call('GET', path, { as: null })
    assert.deepEqual([status, body.code], [404, 'route_not_found'])
    assert.match(String(headers.get('content-security-policy')), /^default-src 'none'/)
    assert.ok(logLines.some(line => line.includes(body.instance.slice(-36)) && line.includes('"status":404')))
  }
})
