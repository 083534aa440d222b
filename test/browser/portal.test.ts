import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { missingBrowser, openTab } from './browser.ts'

const options = { skip: missingBrowser, timeout: 60_000 }

/** A site of its own with one empty page; the address is its origin. */
const startSite = async (t: TestContext): Promise<string> => {
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Portal</title>'),
  )
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

type Seen = { status: number; location: string; etag: string; requestId: string; clientId: string } | string

/** What the script of a page sees of a create; the text of the error where the browser keeps the answer from it. */
const createFrom = (page: Page, url: string, token: string): Promise<Seen> =>
  page.evaluate(
    async ({ url, token, body }) => {
      try {
        const answer = await fetch(`${url}/web-session-clients`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            'idempotency-key': 'a-key-of-the-portal',
          },
          body,
        })
        const read = (name: string) => answer.headers.get(name) ?? ''
        const { clientId } = (await answer.json()) as { clientId: string }
        return {
          status: answer.status,
          location: read('location'),
          etag: read('etag'),
          requestId: read('x-request-id'),
          clientId,
        }
      } catch (error) {
        return String(error)
      }
    },
    { url, token, body: JSON.stringify(smallest) },
  )

test(
  '201: a page of a portal creates a client and reads Location, ETag and the request id',
  options,
  async t => {
    const portal = await startSite(t)
    const { url, sandbox } = await startTestService(t, { env: { CORS_ORIGINS: portal } })
    const { page, complaints } = await openTab(t)
    await page.goto(portal)
    const seen = await createFrom(page, url, await sandbox.accessToken({ service: 'payments-pipeline' }))
    assert.ok(typeof seen === 'object', String(seen))
    const { requestId, etag, ...others } = seen
    assert.deepEqual(others, {
      status: 201,
      location: '/web-session-clients/pa_wam',
      clientId: 'pa_wam',
    })
    assert.match(etag, /^"1-/)
    assert.match(requestId, /^[0-9a-f-]{36}$/)
    assert.deepEqual(complaints, [])
  },
)

test('a page of any other site creates nothing, although it has a token', options, async t => {
  const [portal, other] = await Promise.all([startSite(t), startSite(t)])
  const { url, sandbox, logLines } = await startTestService(t, { env: { CORS_ORIGINS: portal } })
  const { page, complaints } = await openTab(t)
  await page.goto(other)
  const seen = await createFrom(page, url, await sandbox.accessToken({ service: 'payments-pipeline' }))
  assert.match(String(seen), /^TypeError: Failed to fetch/)
  assert.match(complaints.join('\n'), /blocked by CORS policy/)
  assert.deepEqual(sandbox.pingFederate.clients(), [])
  assert.ok(
    !logLines.some(line => line.includes('"method":"POST"')),
    'the browser asked first, and did not send it',
  )
})
