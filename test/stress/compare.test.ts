import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { readRows } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService } from '../service.ts'
import { ageCreates } from '../web-session-clients/age-creates.ts'
import { findDifferences } from './compare.ts'
import { createRandom } from './random.ts'
import { createSend } from './send.ts'
import { createConsole } from './settings.ts'
import { create, takeSteps } from './steps.ts'
import { createStory, isMade, type Step, type Story, tokenOf } from './story.ts'

const lives: Step[][] = [
  ['redeem'],
  ['keep'],
  ['revoke'],
  ['redeem and revoke'],
  ['redeem', 'rotate', 'redeem'],
  ['redeem', 'rotate', 'redeem', 'end former', 'rotate while ending former'],
  ['keep', 'rotate while redeeming', 'keep'],
  ['redeem', 'rotate', 'redeem', 'end former'],
  ['redeem', 'patch', 'declare', 'switch off and on', 'reconcile', 'rotate', 'redeem'],
  ['redeem', 'rotate', 'keep', 'retire'],
]

/** One caller for each thing that can be done with a client, and one that is refused the first one's. */
const live = async (service: TestService): Promise<Story[]> => {
  const deadline = new AbortController().signal
  const caller = {
    send: await createSendTo(service),
    // The first one of several is what the service does unless it is asked for something else.
    random: { ...createRandom(1, 'caller'), pick: <T>([first]: readonly [T, ...T[]]): T => first },
    pauses: createRandom(1, 'pauses'),
    note: () => undefined,
    ...{ edit: createConsole(service.sandbox, deadline), deadline },
  }
  const stories: Story[] = [...lives, ['keep' as const]].map((steps, number) => ({
    ...createStory(number, createRandom(1, `story ${number}`)),
    clientId: `client-${number % lives.length}`,
    settings: { name: `client-${number % lives.length}`, requirePkce: false, enabled: true },
    steps,
  }))
  for (const story of stories) {
    await create(caller, story)
    await ageCreates(service.env['DATABASE_URL'])
    await takeSteps(caller, story)
  }
  return stories
}

const createSendTo = async ({ url, sandbox }: TestService) =>
  createSend({
    urls: () => [url],
    accessToken: await sandbox.accessToken({ service: 'payments-pipeline' }),
    random: createRandom(1, 'ways'),
    impatience: 0,
  })

/** PingFederate with the clients of then, and no others. */
const keepClients = async ({ sandbox }: TestService): Promise<() => Promise<void>> => {
  const list = async (): Promise<{ clientId: string }[]> =>
    (await callAdminApi(sandbox, 'GET', '/oauth/clients')).body.items
  const kept = await list()
  return async () => {
    for (const { clientId } of await list())
      assert.equal((await callAdminApi(sandbox, 'DELETE', `/oauth/clients/${clientId}`)).status, 204)
    // What is read of a client carries its secrets, encrypted.
    for (const client of kept)
      assert.equal((await callAdminApi(sandbox, 'POST', '/oauth/clients', client)).status, 201)
  }
}

/** What has been lived, as often as it is asked for: the comparison changes it, and so does whoever plants something. */
const keep = async (first: TestService, stories: Story[]) => {
  await first.stop()
  const database = await readFile(first.databasePath)
  const restoreClients = await keepClients(first)
  return async (t: TestContext) => {
    await writeFile(first.databasePath, database)
    await restoreClients()
    const service = await startTestService(t, { after: first })
    const send = await createSendTo(service)
    const { sandbox, databasePath } = service
    const told = structuredClone(stories)
    const compare = () => findDifferences(told, { sandbox, databaseUrl: `sqlite:${databasePath}`, send })
    return { service, stories: told, compare }
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

/** Changes the former secrets of a client by hand, to those. */
const setFormer =
  (clientId: string, toFormer: (story: Story | undefined) => object[]) =>
  async ({ sandbox }: TestService, stories: Story[]) => {
    const path = `/oauth/clients/${clientId}`
    const { body } = await callAdminApi(sandbox, 'GET', path)
    const secondarySecrets = toFormer(stories.find(story => story.clientId === clientId))
    const clientAuth = { ...body.clientAuth, secondarySecrets }
    const { status } = await callAdminApi(sandbox, 'PUT', path, { ...body, clientAuth })
    assert.equal(status, 200)
  }

/** The numbers of the client ids are those of the lives. */
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
        story?.handOuts[0].created.push({ clientId: story.clientId, retrieval: { token: 'another' } }),
      found: /client-0 .*was given not exactly one token/,
    },
    'a client id that two callers were given': {
      plant: (_, stories) =>
        stories[lives.length]?.handOuts[0].created.push(...(stories[0]?.handOuts[0].created ?? [])),
      found: /client-0 was given to two keys/,
    },
    'a client that PingFederate has otherwise than was answered last': {
      plant: async ({ sandbox }) => {
        const path = '/oauth/clients/client-8'
        const { body } = await callAdminApi(sandbox, 'GET', path)
        await callAdminApi(sandbox, 'PUT', path, { ...body, enabled: false })
      },
      found: /client-8 .*has another enabled in PingFederate/,
    },
    'a client that the database has otherwise than was answered last': {
      plant: service => write(service, "update client set name = 'x' where client_id = 'client-8'"),
      found: /client-8 .*has another name in the database/,
    },
    'a token that works after its client was deleted': {
      plant: service =>
        write(service, "update retrieval set state = 'outstanding' where client_id = ?", 'client-9'),
      found: /client-9 .*is outstanding in the database/,
    },
    'a client that was deleted twice': {
      plant: service =>
        write(
          service,
          "update operation set kind = 'delete' where kind = 'update' and client_id = 'client-9'",
        ),
      found: /client-9 .*was not deleted by exactly one operation/,
    },
    'a client that differs and is not changed by anybody': {
      plant: service => write(service, "update client set name = 'x' where client_id = 'client-1'"),
      found: /client-1: .*"drifted":true/,
    },
    'a version that was never answered': {
      plant: service => write(service, "update client set version = 9 where client_id = 'client-8'"),
      found: /client-8 .*has another version than was answered last/,
    },
    'a version that no change has made': {
      plant: (service, stories) => {
        write(service, "update client set version = version + 1 where client_id = 'client-8'")
        for (const story of stories) story.version += 1
      },
      found: /client-8 .*has not one version for each change/,
    },
    'a caller that was answered nothing final': {
      plant: (_, [story]) => story?.handOuts[0].created.splice(0),
      found: /client-0 .*has not ended/,
    },
    'a former secret that has ended too soon': {
      plant: setFormer('client-4', () => []),
      found: /client-4 .*lacks former secrets that should work/,
    },
    'a former secret that PingFederate does not accept any more': {
      plant: setFormer('client-4', () => []),
      found: /client-4: PingFederate does not accept the secret/,
    },
    'a former secret that works after its end': {
      plant: setFormer('client-7', story => [
        { secret: story?.handOuts[0].redeemed[0]?.['clientSecret'], expiryTime: '2999-01-01T00:00:00.000Z' },
      ]),
      found: /client-7: PingFederate accepts a secret that has ended/,
    },
    'more former secrets than there can be': {
      plant: setFormer('client-7', () => [
        { secret: 'a-secret-of-32-characters-or-more', expiryTime: '2999-01-01T00:00:00.000Z' },
      ]),
      found: /client-7 .*has former secrets that have ended/,
    },
    'a former secret that the database does not know of': {
      plant: service =>
        write(service, 'update retrieval set previous_ends_at = null where client_id = ?', 'client-4'),
      found: /client-4 .*has former secrets of which the database knows otherwise/,
    },
    'a rotation that nobody was told of': {
      plant: (_, stories) => stories[6]?.handOuts.pop(),
      found: /client-6 .*has not one rotation for each that was answered/,
    },
    'a rotation that left the former secret in force': {
      plant: service =>
        write(
          service,
          `update client set retrieval_id = (
            select retrieval_id from retrieval
            where retrieval.client_id = client.client_id and retrieval_id <> client.retrieval_id
          ) where client_id = ?`,
          'client-4',
        ),
      found: /client-4 .*has another secret in force/,
    },
    'a change whose end is another one in the audit trail': {
      plant: service =>
        write(
          service,
          "update operation set state = 'failed' where kind = 'revoke-previous' and client_id = ?",
          'client-7',
        ),
      found: / is failed and in the audit trail as done and intended$/,
    },
    'a delivery that is not in the audit trail': {
      plant: service =>
        write(service, "update retrieval set state = 'redeemed' where client_id = ?", 'client-1'),
      found: /client-1: not every delivery is in the audit trail once/,
    },
  }

test('the comparison', async t => {
  const first = await startTestService(t)
  const restore = await keep(first, await live(first))

  await t.test('finds nothing where everything went as it should', async t => {
    const { compare, stories } = await restore(t)
    assert.deepEqual(await compare(), [])
    assert.equal(stories.filter(({ isRefused }) => isRefused).length, 1)
    const handOuts = stories.filter(isMade).flatMap(story => story.handOuts)
    assert.ok(handOuts.filter(({ kind, redeemed }) => kind === 'rotate' && redeemed.length > 0).length >= 3)
    assert.deepEqual(
      stories.flatMap(({ wrong }) => wrong),
      [],
    )
  })

  for (const [what, { plant, found }] of Object.entries(planted)) {
    await t.test(`finds ${what}`, async t => {
      const { service, stories, compare } = await restore(t)
      await plant(service, stories)
      const differences = await compare()
      assert.ok(
        differences.some(each => found.test(each)),
        differences.join('\n'),
      )
    })
  }

  await t.test('finds a secret that is delivered twice', async t => {
    const { service, stories, compare } = await restore(t)
    const [{ sealed } = { sealed: '' }] = readRows(
      service.databasePath,
      "select sealed from retrieval where client_id = 'client-1'",
    )
    const [handOut] = stories[1]?.handOuts ?? []
    assert.ok(handOut)
    const body = { token: tokenOf(handOut) }
    const { status, body: secret } = await service.call('POST', '/secret-retrievals', { body })
    assert.equal(status, 200)
    handOut.redeemed.push(secret)
    const revive = "update retrieval set state = 'outstanding', sealed = ? where client_id = 'client-1'"
    write(service, revive, String(sealed))
    const differences = await compare()
    assert.ok(differences.includes('client-1: the secret was delivered twice'))
    assert.ok(differences.includes('client-1: a token that is dead still works'))
  })
})
