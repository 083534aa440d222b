import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { DriftState } from '../../src/database/vocabulary.ts'
import { execute } from '../database/execute.ts'
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

/** Marks clients as the walk over all of them does, with the time at which that was found. */
export const mark = (
  { env }: Pick<TestService, 'env'>,
  state: DriftState,
  foundAt: string,
  clientId = 'pa_wam',
): Promise<unknown> =>
  execute(
    env['DATABASE_URL'] ?? '',
    `update client set drift = '${state}', drift_found_at = '${foundAt}' where client_id = '${clientId}'`,
  )

/** A service that has made `pa_wam`. */
export const start = async (t: TestContext, env: Record<string, string> = {}) => {
  const service = await startTestService(t, { env })
  const { status, body } = await service.call('POST', '/web-session-clients', { body: smallest })
  assert.equal(status, 201, JSON.stringify(body))
  return { ...service, calls: recordCalls(service.sandbox) }
}
