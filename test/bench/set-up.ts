import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { audience, environment } from '../service.ts'
import type { Target } from './load.ts'
import { type Running, start } from './processes.ts'
import { prepareRetrievals } from './retrievals.ts'

type Options = { folder: string; tokens: number; profile: string | undefined }

export type Bench = {
  /** What is measured, each a process of its own. */
  servers: Record<'bare' | 'service' | 'naive' | 'pingFederate', Running>
  targets: Record<'bare' | 'create' | 'redeem' | 'naive' | 'direct', Target>
  /** Environment the service runs with, but for its database. */
  env: Record<string, string>
  stop: () => Promise<void>
}

const caller = 'payments-pipeline'
const team = 'payments'

/** Everything a run needs, listening: the sandbox only issues the access token and shows what PingFederate answers. */
export const setUp = async ({ folder, tokens, profile }: Options): Promise<Bench> => {
  const sandbox = await createSandbox({ audience })
  const run = (file: string, name: string, env: Record<string, string> = {}, execArgv: string[] = []) =>
    start({ file: join(import.meta.dirname, file), env, logPath: join(folder, `${name}.log`), execArgv })
  const pingFederate = await run('pingfederate.ts', 'pingfederate', {
    ANSWER_TO_CREATE: await recordAnswer(sandbox),
  })
  const envWith = (database: string): Record<string, string> => ({
    ...environment(sandbox, join(folder, database)),
    PINGFEDERATE_ADMIN_URL: pingFederate.url,
  })
  const env = envWith('service.db')
  const secretKey = env['SECRET_KEY'] ?? ''
  const retrievals = { databasePath: join(folder, 'service.db'), secretKey, team, count: tokens }
  const prepared = await prepareRetrievals(retrievals)
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []
  const servers = {
    pingFederate,
    bare: await run('bare.ts', 'bare'),
    service: await run('../../src/main.ts', 'service', env, profiling),
    naive: await run('naive.ts', 'naive', envWith('naive.db')),
  }
  return {
    servers,
    env,
    targets: toTargets(servers, sandbox, await sandbox.accessToken({ service: caller }), prepared),
    stop: async () => {
      await Promise.all(Object.values(servers).map(server => server.stop()))
      await sandbox.close()
    },
  }
}

const directPath = '/pf-admin-api/v1/oauth/clients'

/** What the service sends for the smallest request. */
const toPingFederateBody = (clientId: string) => ({
  clientId,
  name: clientId,
  description: `Web session client of ${team} [web-session-clients 01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10]`,
  clientAuth: { type: 'SECRET', secret: randomBytes(32).toString('base64url') },
  redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
  bypassApprovalPage: true,
  grantTypes: ['AUTHORIZATION_CODE'],
})

const adminHeaders = ({ adminUsername, adminPassword }: Sandbox) => ({
  authorization: `Basic ${Buffer.from(`${adminUsername}:${adminPassword}`).toString('base64')}`,
  'x-xsrf-header': 'PingFederate',
  'content-type': 'application/json',
})

/** A whole answer to a create, without what differs between clients. */
const recordAnswer = async (sandbox: Sandbox): Promise<string> => {
  const body = JSON.stringify(toPingFederateBody('recorded'))
  const response = await fetch(sandbox.adminUrl + directPath, {
    method: 'POST',
    headers: adminHeaders(sandbox),
    body,
  })
  if (response.status !== 201) throw new Error(`The sandbox answered ${response.status}.`)
  const { clientId, name, description, ...others } = (await response.json()) as Record<string, unknown>
  return JSON.stringify(others)
}

const toTargets = (
  servers: Bench['servers'],
  sandbox: Sandbox,
  accessToken: string,
  tokens: string[],
): Bench['targets'] => {
  let made = 0
  const newClientId = () => `bench_${made++}`
  const headers = ['content-type', 'application/json', 'authorization', `Bearer ${accessToken}`]
  const create = {
    path: '/web-session-clients',
    headers,
    status: 201,
    nextBody: () =>
      JSON.stringify({ clientId: newClientId(), pingAccessUrls: ['https://mypingaccessserver:3000'] }),
  }
  let redeemed = 0
  return {
    bare: { ...create, url: servers.bare.url },
    create: { ...create, url: servers.service.url },
    naive: { ...create, url: servers.naive.url },
    redeem: {
      url: servers.service.url,
      path: '/secret-retrievals',
      headers,
      status: 200,
      nextBody: () => {
        const token = tokens[redeemed++]
        return token === undefined ? undefined : JSON.stringify({ token })
      },
    },
    direct: {
      url: servers.pingFederate.url,
      path: directPath,
      headers: Object.entries(adminHeaders(sandbox)).flat(),
      status: 201,
      nextBody: () => JSON.stringify(toPingFederateBody(newClientId())),
    },
  }
}
