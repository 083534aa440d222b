import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { Client } from '../../src/sandbox/pingfederate/client.ts'
import { createSandbox } from '../../src/sandbox/sandbox.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { loadClientSchema, pathsOf, type Schema, toArbitrary, toLines } from './client-schema.ts'
import { findDescription } from './description.ts'

const found = findDescription(process.env)
const skip = found.missing
const described: Schema = found.missing === false ? loadClientSchema(found.path) : {}

const sandbox = await createSandbox({ audience: 'test' })
after(() => sandbox.close())
const call = (method: string, path: string, body?: unknown) => callAdminApi(sandbox, method, path, body)
const path = '/oauth/clients/drawn'

type Drawn = Record<string, unknown> & {
  readonly grantTypes: readonly string[]
  readonly clientAuth: Record<string, unknown>
}

const nonBlank = fc.constantFrom('x', 'Payments portal')
const link = (...ids: string[]) => fc.record({ id: fc.constantFrom(...ids) })

/** What has to be right because PingFederate knows more of it than its type. */
const known = {
  clientId: fc.constant('drawn'),
  name: nonBlank,
  redirectUris: fc.array(fc.constantFrom('https://example.com', 'https://*.example.com/cb'), {
    minLength: 1,
  }),
  defaultAccessTokenManagerRef: link('default', 'jwt'),
  'oidcPolicy.policyGroup': link('default'),
  requestPolicyRef: link('some', 'other'),
  tokenExchangeProcessorPolicyRef: link('some'),
  restrictedScopes: fc.uniqueArray(fc.constantFrom('openid', 'profile', 'email'), { minLength: 1 }),
  // The sandbox has none.
  exclusiveScopes: fc.constant([]),
  // Only PingFederate can make one, so the next test sends it.
  'clientAuth.encryptedSecret': fc.constant(undefined),
  'clientAuth.secondarySecrets[]': fc.record({
    secret: fc.constantFrom('old', 'older'),
    expiryTime: fc.constant('2999-01-01T00:00:00.000Z'),
  }),
}

/** The properties that others need; each of the others is drawn or not. */
const client = toArbitrary(described, known).map(drawn => {
  const { clientAuth, grantTypes = [], ...fields } = drawn as Drawn
  return {
    clientId: 'drawn',
    name: 'drawn',
    redirectUris: ['https://example.com'],
    clientSecretRetentionPeriod: 5,
    ...fields,
    ...('restrictedScopes' in fields && { restrictScopes: true }),
    grantTypes: grantTypes.length > 0 ? grantTypes : ['AUTHORIZATION_CODE'],
    jwksSettings: { jwksUrl: 'https://example.com', ...(fields['jwksSettings'] ?? {}) },
    clientAuth: {
      secret: paWam.clientAuth.secret,
      clientCertIssuerDn: 'CN=issuer',
      clientCertSubjectDn: 'CN=subject',
      ...clientAuth,
    },
  }
})

/** What an answer says again: neither secrets nor what only PingFederate can say, and CIBA only to those who may use it. */
function toAnswered(sent: Record<string, unknown> & { grantTypes: readonly string[]; clientAuth: object }) {
  const { creationDate, modificationDate, replicationStatus, clientSecretChangedTime, ...fields } = sent
  const none = { secret: '', encryptedSecret: '', secondarySecrets: [] }
  const { secret, encryptedSecret, secondarySecrets, ...clientAuth } = { ...none, ...sent.clientAuth }
  const answered = Object.entries(fields).filter(
    ([name]) => sent.grantTypes.includes('CIBA') || !name.startsWith('ciba'),
  )
  return { ...Object.fromEntries(answered), clientAuth }
}

test('the stand-in has every property of a client in Ping’s description with its values, and no other but later ones', {
  skip,
}, () => {
  const theirs = toLines(described)
  const ours = toLines(Client as Schema)
  assert.ok(theirs.length > 80)
  assert.deepEqual(
    theirs.filter(line => !ours.includes(line)),
    [],
  )
  const more = ours.filter(line => !theirs.includes(line)).map(line => line.split(' ')[0])
  assert.deepEqual(more.toSorted(), [
    'defaultAccessTokenManagerRef.location',
    'lockoutMaxMaliciousActions',
    'lockoutMaxMaliciousActionsType',
    'oidcPolicy.policyGroup.location',
    'oidcPolicy.userInfoResponseContentEncryptionAlgorithm',
    'oidcPolicy.userInfoResponseEncryptionAlgorithm',
    'oidcPolicy.userInfoResponseSigningAlgorithm',
    'requestPolicyRef.location',
    'tokenExchangeProcessorPolicyRef.location',
  ])
})

test('201 for a client of any properties in Ping’s description, each of them answered as it was sent', {
  skip,
}, async () => {
  const sent = new Set<string>()
  await fc.assert(
    fc.asyncProperty(client, async body => {
      await call('DELETE', path)
      const created = await call('POST', '/oauth/clients', body)
      assert.equal(created.status, 201, JSON.stringify([body, created.body]))
      assert.partialDeepStrictEqual((await call('GET', path)).body, toAnswered(body))
      for (const each of pathsOf(body)) sent.add(each)
    }),
    { numRuns: 200 },
  )
  const all = pathsOf(toExample(described))
  assert.deepEqual(
    all.filter(each => !sent.has(each)),
    ['exclusiveScopes[]', 'clientAuth.encryptedSecret', 'clientAuth.secondarySecrets[].encryptedSecret'],
  )
})

for (const version of ['12.1.0.4', '13.1.3.0']) {
  test(`200 when what GET answers is PUT back, which changes nothing: version ${version}`, {
    skip,
  }, async () => {
    sandbox.pingFederate.settings.version = version
    await fc.assert(
      fc.asyncProperty(client, async body => {
        await call('DELETE', path)
        await call('POST', '/oauth/clients', body)
        const { body: read } = await call('GET', path)
        const { status, body: answer } = await call('PUT', path, read)
        assert.equal(status, 200, JSON.stringify([read, answer]))
        assert.deepEqual(toComparable((await call('GET', path)).body), toComparable(read))
      }),
      { numRuns: 100 },
    )
  })
}

/** A value that has everything once. */
function toExample(schema: Schema): unknown {
  if (schema.properties !== undefined) {
    const members = Object.entries(schema.properties).map(([name, each]) => [name, toExample(each)])
    return Object.fromEntries(members)
  }
  if (typeof schema.additionalProperties === 'object')
    return { first: toExample(schema.additionalProperties) }
  return schema.items === undefined ? '' : [toExample(schema.items)]
}

/** Without the two that change at every read or save; the secret's own time tells whether it is still the same. */
function toComparable(client: unknown): unknown {
  return JSON.parse(JSON.stringify(client), (name, value) =>
    name === 'encryptedSecret' || name === 'modificationDate' ? '' : value,
  )
}
