import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { request } from 'undici'
import { listen } from '../../src/sandbox/listen.ts'

/**
 * What goes wrong with a call.
 * - `lost`: it arrives, and its answer does not
 * - `late`: it arrives when `release` is called, and its answer never does
 */
export type PingAccessFault =
  | { kind: 'answer'; status: number; body: string }
  | { kind: 'reset' | 'lost' | 'late' }
  | { kind: 'before'; work: () => Promise<unknown> }

type Arrived = { method: string; path: string; body: Buffer; headers: Record<string, string> }

/** PingAccess behind something that breaks calls. */
export const startFaultyAdminApi = async (t: TestContext, adminUrl: string) => {
  const faults: { method: string; fault: PingAccessFault }[] = []
  const late: Arrived[] = []
  const hanging = new Set<ServerResponse>()
  const pass = async ({ method, path, body, headers }: Arrived) => {
    const answer = await request(`${adminUrl}${path}`, {
      method: method as 'GET',
      headers,
      body: body.length > 0 ? body : null,
    })
    return { status: answer.statusCode, text: await answer.body.text() }
  }
  /** Null where the answer never comes. */
  const answer = async (arrived: Arrived, fault: PingAccessFault | undefined) => {
    if (fault?.kind === 'answer') return { status: fault.status, text: fault.body }
    if (fault?.kind === 'reset') return null
    if (fault?.kind === 'before') await fault.work()
    const passed = await pass(arrived)
    return fault?.kind === 'lost' ? null : passed
  }
  const takeFault = (method: string): PingAccessFault | undefined => {
    const index = faults.findIndex(each => each.method === method)
    return index < 0 ? undefined : faults.splice(index, 1)[0]?.fault
  }
  const server = createServer(async (incoming, response) => {
    const arrived = await read(incoming)
    const fault = takeFault(arrived.method)
    if (fault?.kind === 'late') {
      late.push(arrived)
      return void hanging.add(response)
    }
    const answered = await answer(arrived, fault)
    if (answered === null) return void response.destroy()
    response.writeHead(answered.status, { 'content-type': 'application/json' }).end(answered.text)
  })
  const listening = await listen(server, 0, '127.0.0.1')
  t.after(async () => {
    for (const response of hanging) response.destroy()
    await listening[Symbol.asyncDispose]()
  })
  return {
    url: `http://127.0.0.1:${listening.port}`,
    /** Has the next call of that method go wrong. */
    break: (method: string, fault: PingAccessFault): void => void faults.push({ method, fault }),
    /** Lets what is late arrive. */
    release: async (): Promise<void> => {
      for (const arrived of late.splice(0)) await pass(arrived)
    },
  }
}

const read = async (incoming: IncomingMessage): Promise<Arrived> => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const { method = '', url: path = '' } = incoming
  const { host, connection, 'content-length': length, ...headers } = incoming.headers
  return { method, path, body: Buffer.concat(chunks), headers: headers as Record<string, string> }
}
