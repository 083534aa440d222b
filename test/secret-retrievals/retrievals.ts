import { DatabaseSync } from 'node:sqlite'
import { exampleToken } from '../../src/secret-retrievals/token.ts'
import type { TestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'

type CallOptions = NonNullable<Parameters<TestService['call']>[2]>

/** Creates a client as `payments-pipeline` and returns the token for its secret. */
export const createRetrieval = async (
  { call }: Pick<TestService, 'call'>,
  {
    clientId = 'pa_wam',
    ...retrieval
  }: { clientId?: string; ttlSeconds?: number; redeemableBy?: string } = {},
  as: CallOptions['as'] = 'payments-pipeline',
): Promise<string> => {
  const team = as === 'portal' ? { team: 'payments' } : {}
  const body = { ...smallest, ...team, clientId, retrieval }
  const created = await call('POST', '/web-session-clients', { as, body })
  return created.body.retrieval.token
}

export const redeem = ({ call }: Pick<TestService, 'call'>, token: string, options: CallOptions = {}) =>
  call('POST', '/secret-retrievals', { ...options, body: { token } })

export const lookUp = ({ call }: Pick<TestService, 'call'>, token: string, options: CallOptions = {}) =>
  call('POST', '/secret-retrievals/lookup', { ...options, body: { token } })

/** A token of the right form that nobody was given. */
export const strangerToken = exampleToken

/** What the database file says, read beside the service. */
export const readRows = (databasePath: string, query: string): Record<string, unknown>[] => {
  using database = new DatabaseSync(databasePath, { readOnly: true })
  return database.prepare(query).all()
}
