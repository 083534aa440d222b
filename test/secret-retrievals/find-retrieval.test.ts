import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createKey, sign, startIssuer } from '../authentication/issuer.ts'
import { execute } from '../database/execute.ts'
import { audience, startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { lookUp, redeem } from './retrievals.ts'

type Claims = Record<string, unknown>

/** A service and a token for `ana` of the team payments alone, who asked for it with these claims. */
const startWithRetrieval = async (t: TestContext, asked: Claims) => {
  const key = await createKey('first')
  const issuer = await startIssuer(t, [key])
  const service = await startTestService(t, { env: { JWT_ISSUER: issuer.url } })
  const scope = 'web-session-clients:write secrets:redeem'
  const signFor = (claims: Claims) => {
    const exp = Math.floor(Date.now() / 1000) + 3600
    return sign(key, {
      iss: issuer.url,
      aud: audience,
      exp,
      scope,
      sub: 'ana',
      groups: ['payments'],
      ...claims,
    })
  }
  const created = await service.call('POST', '/web-session-clients', {
    token: await signFor(asked),
    body: { ...smallest, retrieval: { redeemableBy: 'requester' } },
  })
  assert.equal(created.status, 201)
  const { token } = created.body.retrieval
  return {
    lookUpAs: async (claims: Claims) =>
      (await lookUp(service, token, { as: null, token: await signFor(claims) })).status,
    redeemAs: async (claims: Claims) =>
      (await redeem(service, token, { as: null, token: await signFor(claims) })).status,
    /** As a version wrote it that did not keep the OAuth client. */
    forgetClient: () =>
      execute(service.env['DATABASE_URL'] ?? '', 'update retrieval set created_by_client_id = null'),
  }
}

test('404 for the subject through another OAuth client, or through none; 200 through its own', async t => {
  const { lookUpAs, redeemAs } = await startWithRetrieval(t, { client_id: 'portal' })
  assert.deepEqual(
    [
      await lookUpAs({ client_id: 'pipeline' }),
      await lookUpAs({}),
      await redeemAs({ client_id: 'pipeline' }),
    ],
    [404, 404, 404],
  )
  assert.deepEqual([await redeemAs({ azp: 'portal' }), await redeemAs({ client_id: 'portal' })], [200, 410])
})

test('404 through an OAuth client for what was issued to the subject without one; 200 without', async t => {
  const { redeemAs } = await startWithRetrieval(t, {})
  assert.deepEqual([await redeemAs({ client_id: 'portal' }), await redeemAs({})], [404, 200])
})

test('404 for the requester once it has left the team', async t => {
  const { lookUpAs, redeemAs } = await startWithRetrieval(t, { client_id: 'portal' })
  const elsewhere = { client_id: 'portal', groups: ['shop'] }
  assert.deepEqual([await lookUpAs(elsewhere), await redeemAs(elsewhere)], [404, 404])
  assert.equal(await redeemAs({ client_id: 'portal' }), 200)
})

test('200 through any OAuth client where a version before has not kept which it was', async t => {
  const { redeemAs, forgetClient } = await startWithRetrieval(t, { client_id: 'portal' })
  await forgetClient()
  assert.equal(await redeemAs({ client_id: 'pipeline', sub: 'ben' }), 404)
  assert.equal(await redeemAs({ client_id: 'pipeline' }), 200)
})
