import type { TestContext } from 'node:test'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { prepareProcess, type ServiceProcess } from '../service-process.ts'
import type { Answered, Redeem } from './race.ts'

export type Replicas = {
  sandbox: Sandbox
  processes: ServiceProcess[]
  redeems: Redeem[]
  /** Creates a client at the replica of that number. */
  create: (index: number, clientId: string, idempotencyKey?: string) => Promise<Answered>
}

/** Processes of the service on one PostgreSQL database and one sandbox, all started at the same moment. */
export const startReplicas = async (
  t: TestContext,
  databaseUrl: string,
  count = 3,
  env: Record<string, string> = {},
): Promise<Replicas> => {
  const { sandbox, start } = await prepareProcess(t, { ...env, DATABASE_URL: databaseUrl })
  const processes = await Promise.all(Array.from({ length: count }, start))
  return {
    sandbox,
    processes,
    redeems: processes.map(
      ({ call }) =>
        token =>
          call('POST', '/secret-retrievals', JSON.stringify({ token })),
    ),
    create: (index, clientId, idempotencyKey) => {
      const replica = processes[index % count]
      if (!replica) throw new Error('There is no replica.')
      const body = JSON.stringify({ clientId, pingAccessUrls: ['https://mypingaccessserver:3000'] })
      const headers: Record<string, string> =
        idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
      return replica.call('POST', '/web-session-clients', body, headers)
    },
  }
}

/** Creates clients one after the other and returns their tokens. */
export const createTokens = async (create: Replicas['create'], count: number): Promise<string[]> => {
  const tokens: string[] = []
  for (let index = 0; index < count; index += 1) {
    const { status, body } = await create(index, `client-${index}`)
    if (status !== 201) throw new Error(`not created: ${status} ${JSON.stringify(body)}`)
    tokens.push((body['retrieval'] as { token: string }).token)
  }
  return tokens
}
