import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Team } from '../../src/teams/schema.ts'
import { startWithIssuer } from './start.ts'

/** Most lists bound nothing, and requests mostly ask for what is first, or hardly any would be allowed in every part. */
const listOf = <T>(values: readonly T[]) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant('any' as const) },
    { weight: 1, arbitrary: fc.subarray([...values]) },
  )

const mostly = <T>(usual: readonly T[], others: readonly T[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  )

const rules = fc.record(
  {
    hosts: listOf(['pay.example.com', '*.pay.example.com', 'shop.example.com', 'intranet', '10.0.0.1']),
    ports: listOf([443, 3000, 8443]),
    contextRoots: listOf(['/', '/shop', '/shop/*', '/*']),
    scopes: listOf(['profile', 'email']),
    limits: fc.record({ clients: mostly([10, 20], [0, 2]) }, { requiredKeys: [] }),
    retrieval: fc.record(
      {
        ttlSeconds: mostly(
          [
            { minimum: 60, maximum: 3_600 },
            { minimum: 600, maximum: 7_200 },
          ],
          [
            { minimum: 60, maximum: 60 },
            { minimum: 7_200, maximum: 7_200 },
          ],
        ),
        redeemableBy: mostly(
          [
            ['team', 'requester', 'bearer'],
            ['requester', 'team'],
          ],
          [['bearer', 'team'], ['bearer'], []],
        ),
      },
      { requiredKeys: ['redeemableBy'] },
    ),
  },
  { requiredKeys: ['hosts', 'ports', 'contextRoots', 'scopes', 'retrieval'] },
)

const url = fc
  .tuple(
    mostly(
      ['pay.example.com', 'a.pay.example.com', 'b.a.pay.example.com', 'shop.example.com', 'intranet'],
      ['evilpay.example.com', '10.0.0.1'],
    ),
    mostly(['', ':3000', ':8443'], [':9000']),
    mostly(['', '/shop', '/shop/x'], ['/shopping']),
  )
  .map(([host, port, root]) => `https://${host}${port}${root}`)

const create = fc.record(
  {
    pingAccessUrls: fc.uniqueArray(url, { minLength: 1, maxLength: 2 }),
    scopes: fc.uniqueArray(fc.constantFrom('openid', 'profile', 'email'), { minLength: 1 }),
    retrieval: fc.record(
      {
        ttlSeconds: mostly([600, 3_600, 3_601], [60, 599, 7_200]),
        redeemableBy: mostly(['team', 'requester'], ['bearer']),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['pingAccessUrls', 'retrieval'] },
)

type Create = {
  pingAccessUrls: string[]
  scopes?: string[]
  retrieval: { ttlSeconds?: number; redeemableBy?: string }
}

const isIn = <T>(allowed: 'any' | readonly T[], value: T): boolean =>
  allowed === 'any' || allowed.includes(value)

/** A name or path is what the list says, or below one that is said to be: by its parts, first those further up. */
const isUnder = (
  allowed: 'any' | readonly string[],
  parts: readonly string[],
  toParts: (text: string) => string[],
) =>
  allowed === 'any' ||
  allowed.some(each => {
    const above = toParts(each).filter(part => part !== '*')
    const isLonger = parts.length > above.length
    return above.every((part, index) => parts[index] === part) && isLonger === each.includes('*')
  })

const toLabels = (host: string): string[] => host.split('.').reverse()
const toSegments = (path: string): string[] => path.split('/').filter(segment => segment !== '')

/** What a portal makes of the answer before it sends a create. */
const isAllowed = (team: Team, { pingAccessUrls, scopes = [], retrieval }: Create): boolean => {
  const { ttlSeconds: bounds, redeemableBy: redeemers } = team.retrieval
  const { ttlSeconds = bounds.value?.minimum, redeemableBy = redeemers.value[0] } = retrieval
  const { count, limit } = team.clients
  return (
    pingAccessUrls.every(text => {
      const [, host = '', port = '443', root = ''] = /^https:\/\/([^:/]+)(?::(\d+))?(.*)$/.exec(text) ?? []
      return (
        // No list bounds it where any is allowed, but no installation takes an address that is not told to.
        (team.hosts.value !== 'any' || host !== '10.0.0.1') &&
        isUnder(team.hosts.value, toLabels(host), toLabels) &&
        isIn(team.ports.value, Number(port)) &&
        isUnder(team.contextRoots.value, toSegments(root), toSegments)
      )
    }) &&
    scopes.every(scope => scope === 'openid' || isIn<string>(team.scopes.value, scope)) &&
    bounds.value !== null &&
    Number(ttlSeconds) >= bounds.value.minimum &&
    Number(ttlSeconds) <= bounds.value.maximum &&
    redeemers.value.some(each => each === redeemableBy) &&
    (limit.value === null || count < limit.value)
  )
}

test('201 for every create that the answer allows, 403 or 422 for every one that it does not, and no other', async t => {
  const teams = Object.fromEntries(fc.sample(rules, 30).map((each, index) => [`team-${index}`, each]))
  const { call, list, signAs } = await startWithIssuer(t, {
    policy: {
      changeableBy: 'IAM team',
      defaults: { oidcPolicies: 'any', accessTokenManagers: 'any' },
      teams,
    },
    env: { ALLOW_IP_HOSTS: 'false', RETRIEVAL_TTL_MAX_SECONDS: '3600' },
  })
  const seen = { created: 0, refused: 0 }
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(teams)), create, async (team, asked) => {
      run += 1
      const { body } = await list({ groups: team })
      const token = await signAs({ groups: team, scope: 'web-session-clients:write' })
      const { status, body: answer } = await call('POST', '/web-session-clients', {
        token,
        body: { ...asked, clientId: `client-${run}` },
      })
      const context = JSON.stringify({ rules: teams[team], asked, answer })
      if (isAllowed(body.teams[0], asked as Create)) {
        seen.created += 1
        assert.equal(status, 201, context)
      } else {
        seen.refused += 1
        const expected = status === 422 ? 'validation_failed' : 'not_allowed_by_policy'
        assert.deepEqual([status === 201, answer.code], [false, expected], context)
      }
    }),
    { numRuns: 400 },
  )
  t.diagnostic(JSON.stringify(seen))
  assert.ok(seen.created > 10 && seen.refused > 10, JSON.stringify(seen))
})
