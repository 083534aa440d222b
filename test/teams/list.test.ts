import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Team } from '../../src/teams/schema.ts'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { example } from '../policy/files.ts'
import type { Answer } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { acceptedTexts } from '../web-session-clients/texts.ts'
import { startWithIssuer } from './start.ts'

const server = usePostgresServer()

const engines = {
  SQLite: async () => undefined,
  PostgreSQL: (t: TestContext) => server.createDatabase(t),
}

const namesOf = ({ body }: Answer): string[] => body.teams.map(({ team }: Team) => team)

const write = 'web-session-clients:write'

test('200 for a token without any scope, with who calls as the token says', async t => {
  const { list } = await startWithIssuer(t)
  const { status, body, headers } = await list({
    client_id: 'portal',
    act: { sub: 'gateway' },
    scope: 'web-session-clients:write openid secrets:redeem',
  })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(body, {
    caller: {
      subject: 'ana',
      clientId: 'portal',
      actingParties: ['gateway'],
      scopes: ['openid', 'secrets:redeem', 'web-session-clients:write'],
    },
    teams: [],
    nextCursor: null,
  })
  assert.equal(headers.get('cache-control'), 'no-store')
  const nobody = await list({})
  assert.deepEqual(nobody.body.caller, { subject: 'ana', clientId: null, actingParties: [], scopes: [] })
})

test('200 with what the policy allows to the caller’s teams, by its rule, and no other team’s', async t => {
  const { list } = await startWithIssuer(t, { policy: example })
  const { body } = await list({ groups: ['shop', 'payments'] })
  assert.deepEqual(
    body.teams.map(({ team, clients, hosts, oidcPolicies }: Team) => ({
      team,
      clients,
      hosts,
      oidcPolicies,
    })),
    [
      {
        team: 'payments',
        clients: {
          count: 0,
          exact: true,
          limit: {
            value: 5,
            source: 'policy',
            reason: '/teams/payments/limits/clients of the policy allows your team this.',
          },
        },
        hosts: {
          value: example.teams.payments.hosts,
          source: 'policy',
          reason: '/teams/payments/hosts of the policy allows your team this.',
        },
        oidcPolicies: {
          value: ['default', 'strict'],
          source: 'policy',
          reason: '/teams/payments/oidcPolicies of the policy allows your team this.',
        },
      },
      {
        team: 'shop',
        clients: {
          count: 0,
          exact: true,
          limit: { value: null, source: 'policy', reason: 'The policy sets your team no limit.' },
        },
        hosts: {
          value: [],
          source: 'policy',
          reason: '/defaults/hosts of the policy allows your team none.',
        },
        oidcPolicies: {
          value: [],
          source: 'policy',
          reason: '/defaults/oidcPolicies of the policy allows your team none.',
        },
      },
    ],
  )
  const { body: others } = await list({ groups: 'shop' })
  assert.doesNotMatch(JSON.stringify(others), /payments|pay\.example\.com/)
})

test('200 with the defaults for a team whose name is a wildcard or means something to JavaScript', async t => {
  const { list } = await startWithIssuer(t, { policy: example })
  const groups = ['*', '__proto__', 'constructor', 'PAYMENTS', 'payments ']
  const answer = await list({ groups })
  assert.deepEqual(namesOf(answer), ['*', 'PAYMENTS', '__proto__', 'constructor'])
  for (const { hosts } of answer.body.teams) assert.deepEqual(hosts.value, [])
})

for (const [engine, createDatabase] of Object.entries(engines)) {
  test(`200 with how many clients each team has of how many, up to one beyond the limit, on ${engine}`, async t => {
    const database = await createDatabase(t)
    const policy = { ...example, teams: { ...example.teams, shop: { limits: { clients: 2 } } } }
    const { env, call, list, signAs } = await startWithIssuer(t, { policy, database })
    const token = await signAs({ groups: 'payments', scope: write })
    for (const clientId of ['a', 'b', 'c'])
      assert.equal(
        (await call('POST', '/web-session-clients', { token, body: { ...smallest, clientId } })).status,
        201,
      )
    const read = async () => {
      const { body } = await list({ groups: ['payments', 'shop', 'nobodys'] })
      return body.teams.map(({ team, clients: { count, exact, limit } }: Team) => [
        team,
        count,
        exact,
        limit.value,
      ])
    }
    assert.deepEqual(await read(), [
      ['nobodys', 0, true, null],
      ['payments', 3, true, 5],
      ['shop', 0, true, 2],
    ])
    // As after a limit that was lowered.
    await execute(env['DATABASE_URL'] ?? '', "update client set team = 'shop'")
    assert.deepEqual(await read(), [
      ['nobodys', 0, true, null],
      ['payments', 0, true, 5],
      ['shop', 3, false, 2],
    ])
  })

  test(`200 page by page in the order of names, each team once, whatever the page’s size, on ${engine}`, async t => {
    const { list } = await startWithIssuer(t, { database: await createDatabase(t) })
    const groups = ['b', 'B', 'é', 'a b', '組', 'a', '🦊', 'aa', 'ä'.repeat(256)]
    for (const limit of [1, 2, groups.length, 200]) {
      const seen: string[] = []
      for (let query: string | null = `?limit=${limit}`; query !== null; ) {
        const page: Answer = await list({ groups }, query)
        assert.equal(page.status, 200, JSON.stringify(page.body))
        seen.push(...namesOf(page))
        const { nextCursor } = page.body
        query = nextCursor === null ? null : `?limit=${limit}&cursor=${nextCursor}`
      }
      assert.deepEqual(seen, groups.toSorted())
    }
  })
}

test('200 with team names of every script, markup and templates as they are, as JSON', async t => {
  const { list } = await startWithIssuer(t)
  const groups = acceptedTexts.filter(text => text.length <= 256)
  const answer = await list({ groups }, '?limit=200')
  assert.deepEqual(namesOf(answer), [...new Set(groups)].toSorted())
  assert.match(String(answer.headers.get('content-type')), /^application\/json\b/)
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
})

test('200 from where a page ended, also when the caller has left the last team meanwhile', async t => {
  const { list } = await startWithIssuer(t)
  const { body } = await list({ groups: ['a', 'b', 'c'] }, '?limit=2')
  assert.deepEqual(namesOf(await list({ groups: ['a', 'c'] }, `?cursor=${body.nextCursor}`)), ['c'])
})

test('422 for every query nobody here understands and a cursor that no page answered, and none is an audit event', async t => {
  const { list, env } = await startWithIssuer(t)
  for (const query of [
    ...[
      'limit=0',
      'limit=201',
      'limit=x',
      'limit=1&limit=2',
      'team=a',
      'cursor=',
      'cursor=%20',
      'cursor=AAAA',
    ],
    ...['cursor=YQ&cursor=YQ', 'cursor=YR', 'cursor=IA', `cursor=${'YWFh'.repeat(257)}`],
  ]) {
    const { status, body } = await list({ groups: ['a'] }, `?${query}`)
    assert.deepEqual([status, body.code], [422, 'validation_failed'], query)
  }
  assert.deepEqual(await execute(env['DATABASE_URL'] ?? '', 'select action from audit_event'), [])
})

test('429 counts it like every request of a caller', async t => {
  const { list } = await startWithIssuer(t, { env: { RATE_LIMIT_PER_CALLER: '1' } })
  const { status, headers } = await list({})
  assert.deepEqual([status, headers.get('ratelimit-remaining')], [200, '0'])
  assert.equal((await list({})).status, 429)
})
