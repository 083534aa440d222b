import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { startTestService, type TestService } from '../service.ts'
import { recordCalls, smallest } from './requests.ts'
import { clientPath } from './updates.ts'

export const path = '/oauth/clients/pa_wam'

/** Settles what differs of `pa_wam`. */
export const reconcile = ({ call }: Pick<TestService, 'call'>, direction: string, as?: 'shop-pipeline') =>
  call('POST', `${clientPath}/reconciliations`, { body: { direction }, ...(as && { as }) })

/** What differs of `pa_wam`. */
export const drift = async ({ call }: Pick<TestService, 'call'>) =>
  (await call('GET', `${clientPath}/drift`)).body

/** Changes `pa_wam` in PingFederate, as an administrator does in the console. */
export const edit = async ({ sandbox }: Pick<TestService, 'sandbox'>, fields: object): Promise<void> => {
  const { body } = await callAdminApi(sandbox, 'GET', path)
  const edited = await callAdminApi(sandbox, 'PUT', path, { ...body, ...fields })
  assert.equal(edited.status, 200, JSON.stringify(edited.body))
}

/** A service that has made `pa_wam`. */
export const start = async (t: TestContext, env: Record<string, string> = {}) => {
  const service = await startTestService(t, { env })
  const { status, body } = await service.call('POST', '/web-session-clients', { body: smallest })
  assert.equal(status, 201, JSON.stringify(body))
  return { ...service, calls: recordCalls(service.sandbox) }
}
