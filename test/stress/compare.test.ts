import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { readRows } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService } from '../service.ts'
import { findDifferences } from './compare.ts'
import { createRandom } from './random.ts'
import { createSend } from './send.ts'
import { begin, createStory, end, type Story, tokenOf } from './story.ts'

/** One caller for each thing that can be done with a token, and one that is refused. */
const live = async (t: TestContext) => {
  const service = await startTestService(t)
  const send = createSend({
    urls: () => [service.url],
    accessToken: await service.sandbox.accessToken({ service: 'payments-pipeline' }),
    random: createRandom(1, 'ways'),
    impatience: 0,
  })
  const caller = {
    send,
    random: createRandom(1, 'caller'),
    pauses: createRandom(1, 'pauses'),
    note: () => undefined,
    deadline: new AbortController().signal,
  }
  const uses = ['redeem', 'keep', 'revoke', 'redeem and revoke'] as const
  const stories: Story[] = [...uses, 'keep' as const].map((use, number) => ({
    ...createStory(number, createRandom(1, `story ${number}`)),
    clientId: `client-${number % uses.length}`,
    use,
  }))
  for (const story of stories) {
    await begin(caller, story)
    await end(caller, story)
  }
  const databaseUrl = `sqlite:${service.databasePath}`
  return {
    service,
    stories,
    compare: () => findDifferences(stories, { sandbox: service.sandbox, databaseUrl, send }),
  }
}

const write = ({ databasePath }: TestService, text: string, ...values: string[]): void => {
  using database = new DatabaseSync(databasePath)
  database.prepare(text).run(...values)
}

const adminCall =
  (method: string, path: string, body?: unknown) =>
  async ({ sandbox }: TestService) => {
    const { status } = await callAdminApi(sandbox, method, path, body)
    assert.ok(status < 300)
  }

/** What the client ids 0 to 3 stand for: redeemed, kept, revoked, and either of the last but one. */
const planted: Record<string, { plant: (service: TestService, stories: Story[]) => unknown; found: RegExp }> =
  {
    'a client that is gone from PingFederate': {
      plant: adminCall('DELETE', '/oauth/clients/client-0'),
      found: /client-0 .*was answered 201 and is not in PingFederate/,
    },
    'a client with our marker that no operation made': {
      plant: adminCall('POST', '/oauth/clients', {
        clientId: 'left-behind',
        name: 'left behind',
        description: 'Left behind [web-session-clients 01890000-0000-7000-8000-000000000000]',
        grantTypes: ['AUTHORIZATION_CODE'],
        redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
        clientAuth: { type: 'SECRET', secret: 'a-secret-of-32-characters-or-more' },
      }),
      found: /left-behind in PingFederate has a marker and no operation/,
    },
    'another secret in PingFederate': {
      plant: adminCall('PUT', '/oauth/clients/client-1/clientAuth/clientSecret', {
        secret: 'another-secret-of-32-characters-or-more',
      }),
      found: /client-1: PingFederate does not accept the secret/,
    },
    'a client that is gone from the database': {
      plant: service => write(service, 'delete from client where client_id = ?', 'client-0'),
      found: /client-0 .*was answered 201 and is not in the database/,
    },
    'an operation without an end': {
      plant: service =>
        write(service, "update operation set state = 'intended' where client_id = ?", 'client-0'),
      found: / is open$/,
    },
    'a token that works after it was revoked': {
      plant: service =>
        write(service, "update retrieval set state = 'outstanding' where client_id = ?", 'client-2'),
      found: /client-2 .*is outstanding in the database/,
    },
    'a key that was given two tokens': {
      plant: (_, [story]) =>
        story?.created.push({ clientId: story.clientId, retrieval: { token: 'another' } }),
      found: /client-0 .*was given not exactly one token/,
    },
    'a client id that two callers were given': {
      plant: (_, stories) => stories[4]?.created.push(...(stories[0]?.created ?? [])),
      found: /client-0 was given to two keys/,
    },
    'a caller that was answered nothing final': {
      plant: (_, [story]) => story?.created.splice(0),
      found: /client-0 .*has not ended/,
    },
  }

test('nothing is found where everything went as it should', async t => {
  const { compare, stories } = await live(t)
  assert.deepEqual(await compare(), [])
  assert.equal(stories.filter(({ isRefused }) => isRefused).length, 1)
  assert.ok(stories.filter(({ redeemed }) => redeemed.length > 0).length >= 2)
})

for (const [what, { plant, found }] of Object.entries(planted)) {
  test(`the comparison finds ${what}`, async t => {
    const { service, stories, compare } = await live(t)
    await plant(service, stories)
    const differences = await compare()
    assert.ok(
      differences.some(each => found.test(each)),
      differences.join('\n'),
    )
  })
}

test('the comparison finds a secret that is delivered twice', async t => {
  const { service, stories, compare } = await live(t)
  const [{ sealed } = { sealed: '' }] = readRows(
    service.databasePath,
    "select sealed from retrieval where client_id = 'client-1'",
  )
  const token = stories[1]?.created.map(tokenOf)[0]
  const { status, body } = await service.call('POST', '/secret-retrievals', { body: { token } })
  assert.equal(status, 200)
  stories[1]?.redeemed.push(body)
  const revive = "update retrieval set state = 'outstanding', sealed = ? where client_id = 'client-1'"
  write(service, revive, String(sealed))
  assert.ok((await compare()).some(each => each.includes('client-1: the secret was delivered twice')))
})
