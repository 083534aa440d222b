import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { audience, environment } from '../service.ts'
import type { Target } from './load.ts'
import { type Running, start } from './processes.ts'

/** What all suites stand on: an issuer, a PingFederate that answers as fast as it can, and a folder. */
export type Ground = {
  folder: string
  pingFederate: Running
  /** Environment of a service on this database; PingFederate is the fast one. */
  envWith: (databaseUrl: string) => Record<string, string>
  /** A file in the folder. */
  path: (name: string) => string
  start: (options: StartOptions) => Promise<Running>
  targets: ReturnType<typeof createTargets>
  stop: () => Promise<void>
}

type StartOptions = {
  /** For its log. */
  name: string
  /** Relative to this folder; the service unless told otherwise. */
  file?: string
  env?: Record<string, string>
  under?: string[]
}

const caller = 'payments-pipeline'
/** Whose clients are made, listed and redeemed. */
export const team = 'payments'

type Options = { folder: string; profile: string | undefined }

export const createGround = async ({ folder, profile }: Options): Promise<Ground> => {
  const sandbox = await createSandbox({ audience })
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []
  const running: Running[] = []
  const startOne: Ground['start'] = async ({ name, file, env = {}, under = [] }) => {
    const started = await start({
      file: resolve(import.meta.dirname, file ?? '../../src/main.ts'),
      env,
      under,
      logPath: join(folder, `${name}.log`),
      execArgv: file ? [] : profiling,
    })
    running.push(started)
    return started
  }
  const pingFederate = await startOne({
    name: 'pingfederate',
    file: 'pingfederate.ts',
    env: { ANSWER_TO_CREATE: await recordAnswer(sandbox) },
  })
  return {
    folder,
    pingFederate,
    envWith: databaseUrl => ({
      ...environment(sandbox, ''),
      DATABASE_URL: databaseUrl,
      PINGFEDERATE_ADMIN_URL: pingFederate.url,
      // The bound is for PingFederate's sake; what is measured is the service.
      PINGFEDERATE_CONCURRENCY: '64',
      PINGFEDERATE_QUEUE: '256',
      // One caller makes all requests.
      RATE_LIMIT_PER_CALLER: '100000000',
      RATE_LIMIT_PER_TEAM: '100000000',
    }),
    path: name => join(folder, name),
    start: startOne,
    targets: createTargets(sandbox, await sandbox.accessToken({ service: caller })),
    stop: async () => {
      await Promise.all(running.map(each => each.stop()))
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
  clientAuth: { type: 'SECRET', secret: randomBytes(48).toString('base64url') },
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

/** The requests that are measured, by the server that answers them. */
const createTargets = (sandbox: Sandbox, accessToken: string) => {
  let made = 0
  const newClientId = () => `bench_${made++}`
  const headers = ['content-type', 'application/json', 'authorization', `Bearer ${accessToken}`]
  return {
    create: ({ url }: Running): Target => ({
      url,
      method: 'POST',
      path: '/web-session-clients',
      headers,
      status: 201,
      nextBody: () =>
        JSON.stringify({ clientId: newClientId(), pingAccessUrls: ['https://mypingaccessserver:3000'] }),
    }),
    redeem: ({ url }: Running, tokens: readonly string[]): Target => {
      const left = tokens[Symbol.iterator]()
      const nextBody = () => {
        const { value: token, done } = left.next()
        return done ? undefined : JSON.stringify({ token })
      }
      return { url, method: 'POST', path: '/secret-retrievals', headers, status: 200, nextBody }
    },
    list: ({ url }: Running, query: string): Target => ({
      url,
      method: 'GET',
      path: `/web-session-clients?${query}`,
      headers: headers.slice(2),
      status: 200,
      nextBody: () => null,
    }),
    direct: ({ url }: Running): Target => ({
      url,
      method: 'POST',
      path: directPath,
      headers: Object.entries(adminHeaders(sandbox)).flat(),
      status: 201,
      nextBody: () => JSON.stringify(toPingFederateBody(newClientId())),
    }),
    register: ({ url }: Running): Target => ({
      url,
      method: 'POST',
      path: '/reg',
      headers: headers.slice(0, 2),
      status: 201,
      nextBody: () =>
        JSON.stringify({
          client_name: newClientId(),
          redirect_uris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
        }),
    }),
  }
}
