import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService, type TestService } from '../service.ts'
import { smallest } from './requests.ts'

/** Makes clients, all at once. */
const createAll = async ({ call }: TestService, clients: Record<string, string>[]) => {
  await Promise.all(
    clients.map(async ({ as, ...client }) => {
      const caller = (as ?? 'payments-pipeline') as 'payments-pipeline'
      const { status } = await call('POST', '/web-session-clients', {
        as: caller,
        body: { ...smallest, ...client },
      })
      assert.equal(status, 201)
    }),
  )
}

const list = (
  { call }: TestService,
  query: Record<string, string> = {},
  as: 'payments-pipeline' | 'portal' | 'auditor' | 'shop-pipeline' = 'payments-pipeline',
) => call('GET', `/web-session-clients?${new URLSearchParams(query)}`, { as })

const ids = ({ body }: Awaited<ReturnType<typeof list>>): string[] =>
  body.items.map(({ clientId }: { clientId: string }) => clientId)

test('200: nothing at first, for a caller with teams as for one without', async t => {
  const service = await startTestService(t)
  for (const as of ['payments-pipeline', 'auditor'] as const) {
    const { status, body } = await list(service, {}, as)
    assert.equal(status, 200)
    assert.deepEqual(body, { items: [], nextCursor: null })
  }
})

test('200: the own teams’ clients only, and of them those of the team asked for', async t => {
  const service = await startTestService(t)
  await createAll(service, [{ clientId: 'p1' }, { clientId: 's1', as: 'shop-pipeline' }, { clientId: 'p2' }])
  assert.deepEqual(ids(await list(service)), ['p1', 'p2'])
  assert.deepEqual(ids(await list(service, {}, 'portal')), ['p1', 'p2', 's1'])
  assert.deepEqual(ids(await list(service, { team: 'shop' }, 'portal')), ['s1'])
  assert.deepEqual(ids(await list(service, { team: 'shop' })), [])
  assert.deepEqual(ids(await list(service, { team: 'PAYMENTS' })), [])
  assert.deepEqual(ids(await list(service, {}, 'auditor')), [])
})

test('200: an entry is the client as it is read alone, without its retrieval and what is known of its secret', async t => {
  const service = await startTestService(t)
  await createAll(service, [{ clientId: 'p1', description: 'First' }])
  const { body } = await list(service)
  const { body: alone } = await service.call('GET', '/web-session-clients/p1')
  const { retrieval, secretChangedAt, previousSecretEndsAt, secretDueAt, ...client } = alone
  assert.deepEqual(body.items, [client])
})

const readPages = async (
  service: TestService,
  query: Record<string, string>,
  cursor?: string,
): Promise<string[][]> => {
  const page = await list(service, { ...query, ...(cursor && { cursor }) })
  assert.equal(page.status, 200)
  const { nextCursor } = page.body
  return nextCursor === null ? [ids(page)] : [ids(page), ...(await readPages(service, query, nextCursor))]
}

test('200: page by page to the end, each client once, in order, whatever the page’s size', async t => {
  const service = await startTestService(t)
  const all = Array.from({ length: 11 }, (_, index) => `client-${String(index).padStart(2, '0')}`)
  await createAll(
    service,
    all.map(clientId => ({ clientId })),
  )
  for (const limit of [1, 2, 5, 10, 11, 12, 200]) {
    const pages = await readPages(service, { limit: String(limit) })
    assert.deepEqual(pages.flat(), all)
    assert.ok(pages.every(page => page.length <= limit && page.length > 0))
  }
  const found = await readPages(service, { limit: '1', search: '-0' })
  assert.equal(found.flat().length, 10)
})

test('200: a page goes on where the last one ended, also when clients come between', async t => {
  const service = await startTestService(t)
  await createAll(service, [{ clientId: 'b' }, { clientId: 'd' }])
  const { body } = await list(service, { limit: '1' })
  await createAll(service, [{ clientId: 'a' }, { clientId: 'c' }])
  assert.deepEqual(ids(await list(service, { cursor: body.nextCursor })), ['c', 'd'])
})

/** What is searched for among the clients of the test below, and what is found. */
const searches: [string, string[]][] = [
  ['pay', ['pay_1', 'pay-2']],
  ['PAY', ['pay_1', 'pay-2']],
  ['_', ['pay_1']],
  ['%', ['percent']],
  ['100%', ['percent']],
  ['\\', ['backslash']],
  ["'", ['quote']],
  ["' OR 1=1 --", []],
  ['été', ['summer']],
  ['ÉTÉ', ['summer']],
  ['Été', ['summer']],
  ['straße', ['street']],
  ['no such', []],
]

test('200: a search finds text in id or name, whatever its case, and no character means another', async t => {
  const service = await startTestService(t)
  await createAll(service, [
    { clientId: 'pay_1', name: 'One' },
    { clientId: 'pay-2', name: 'Two' },
    { clientId: 'percent', name: '100% sure' },
    { clientId: 'backslash', name: 'a\\b' },
    { clientId: 'quote', name: "it’s o'clock" },
    { clientId: 'summer', name: 'L’ÉTÉ' },
    { clientId: 'street', name: 'Straße' },
  ])
  for (const [search, expected] of searches) {
    await t.test(search, async () =>
      assert.deepEqual(ids(await list(service, { search })).sort(), expected.sort()),
    )
  }
})

test('200: status, hand-out and age of the secret narrow the list, together with each other and the rest', async t => {
  const service = await startTestService(t)
  await createAll(service, [
    { clientId: 'kept' },
    { clientId: 'revoked' },
    { clientId: 'other', as: 'portal', team: 'shop' },
  ])
  await service.call('DELETE', '/web-session-clients/revoked/retrieval')
  const found = async (query: Record<string, string>) => ids(await list(service, query, 'portal'))
  assert.deepEqual(await found({ status: 'ready' }), ['kept', 'other', 'revoked'])
  assert.deepEqual(await found({ status: 'disabled' }), [])
  assert.deepEqual(await found({ retrieval: 'revoked' }), ['revoked'])
  assert.deepEqual(await found({ retrieval: 'outstanding', status: 'ready', team: 'shop' }), ['other'])
  assert.deepEqual(await found({ retrieval: 'outstanding', search: 'rev' }), [])
  assert.deepEqual(await found({ secretOlderThanDays: '1' }), [])
  const { body } = await list(service, { retrieval: 'outstanding', limit: '1' }, 'portal')
  assert.deepEqual(await found({ retrieval: 'outstanding', cursor: body.nextCursor }), ['other'])
})

/** What JavaScript or Ajv reads as a number, and is no integer as RFC 8259 writes one. */
const oddNumbers = [
  ...['0x10', '1e2', '%205', '5%20', '%2B5', '05', '5.0', '5.', '0b11', '-0', '1_0', '%D9%A5', 'Infinity'],
  ...['null', 'true'],
]

const wrong: [string, string][] = [
  ...oddNumbers.map((text): [string, string] => [`limit=${text}`, '/limit']),
  ['limit=0', '/limit'],
  ['limit=201', '/limit'],
  ['limit=-1', '/limit'],
  ['limit=1.5', '/limit'],
  ['limit=x', '/limit'],
  ['limit=', '/limit'],
  ['limit=1&limit=2', '/limit'],
  ['search=', '/search'],
  ['team=', '/team'],
  ['team=a&team=b', '/team'],
  [`search=${'x'.repeat(129)}`, '/search'],
  ['cursor=%20', '/cursor'],
  ['cursor=', '/cursor'],
  ['cursor=Li4', '/cursor'],
  ['page=2', '/page'],
  ['status=active', '/status'],
  ['status=ready&status=failed', '/status'],
  ['retrieval=lost', '/retrieval'],
  ['secretOlderThanDays=0', '/secretOlderThanDays'],
  ['secretOlderThanDays=36501', '/secretOlderThanDays'],
  ['secretOlderThanDays=1e2', '/secretOlderThanDays'],
  ['access_token=x', '/access_token'],
  ['Limit=1', '/Limit'],
]

test('422 for every query nobody here understands, with the place and the fix', async t => {
  const { call } = await startTestService(t)
  for (const [query, pointer] of wrong) {
    await t.test(query.slice(0, 40), async () => {
      const { status, body } = await call('GET', `/web-session-clients?${query}`)
      assert.equal(status, 422)
      const [violation] = body.violations
      assert.deepEqual([violation.in, violation.pointer], ['query', pointer])
      assert.ok(violation.fix.length > 5)
    })
  }
})

test('200 and nothing for a caller without a team, and for a team that is not the caller’s', async t => {
  const { call } = await startTestService(t)
  const nothing = { items: [], nextCursor: null }
  assert.deepEqual((await call('GET', '/web-session-clients', { as: 'auditor' })).body, nothing)
  assert.deepEqual((await call('GET', '/web-session-clients?team=shop')).body, nothing)
})

test('422 for a search or team with control characters', async t => {
  const { call } = await startTestService(t)
  for (const query of ['search=%00', 'team=%00', 'search=a%0Ab'])
    assert.equal((await call('GET', `/web-session-clients?${query}`)).status, 422, query)
})
