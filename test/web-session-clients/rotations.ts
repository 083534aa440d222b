import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { logIn } from '../sandbox/log-in.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, startTestService, type TestService } from '../service.ts'
import { recordCalls } from './requests.ts'

type CallOptions = NonNullable<Parameters<TestService['call']>[2]>

export const rotationsPath = '/web-session-clients/pa_wam/secret-rotations'

/** Gives `pa_wam` a new secret. */
export const rotate = (
  { call }: Pick<TestService, 'call'>,
  options: CallOptions & { path?: string } = {},
): Promise<Answer> => call('POST', options.path ?? rotationsPath, options)

/** The secret that a token stands for. */
export const secretOf = async (service: Pick<TestService, 'call'>, token: string): Promise<string> => {
  const { status, body } = await redeem(service, token)
  assert.equal(status, 200, JSON.stringify(body))
  return body.clientSecret
}

/** `pa_wam`, whose secret has been redeemed. */
export const createInUse = async (service: Pick<TestService, 'call'>): Promise<string> =>
  secretOf(service, await createRetrieval(service))

/** Whether a person can log in where PingAccess has that secret. */
export const logsIn = ({ sandbox }: Pick<TestService, 'sandbox'>, clientSecret: string): Promise<boolean> =>
  logIn({
    ...{ issuer: sandbox.issuer, clientId: 'pa_wam', clientSecret, person: 'ana' },
    redirectUri: 'https://mypingaccessserver:3000/pa/oidc/cb',
  }).then(
    () => true,
    error => {
      assert.equal(error.error, 'invalid_client')
      return false
    },
  )

/** Ends the former secrets of `pa_wam`. */
export const endFormer = ({ call }: Pick<TestService, 'call'>, options: CallOptions = {}): Promise<Answer> =>
  call('DELETE', '/web-session-clients/pa_wam/previous-secrets', options)

type FormerOptions = { database?: string | undefined; version?: string; timeoutMs?: number }

/** A client with a former secret beside the one in force, both in use. */
export const startWithFormer = async (
  t: TestContext,
  { database, version = '12.1.0.4', timeoutMs = 10_000 }: FormerOptions = {},
) => {
  const service = await startTestService(t, {
    sandbox: { version },
    env: { PINGFEDERATE_TIMEOUT_MS: String(timeoutMs) },
    ...(database !== undefined && { database }),
  })
  const former = await createInUse(service)
  const { body } = await rotate(service)
  const secret = await secretOf(service, body.retrieval.token)
  const calls = recordCalls(service.sandbox)
  const logins = async () => [await logsIn(service, former), await logsIn(service, secret)]
  assert.deepEqual(await logins(), [true, true])
  return { ...service, calls, logins }
}
