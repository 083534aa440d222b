import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Container } from './container.ts'

const script = join(import.meta.dirname, 'serve-postgres.ts')

/**
 * A real PostgreSQL in the network of a container, in place of the image that compose names and no registry here has.
 * @param url what the service will be given
 */
export const startPostgres = async (
  networkOf: Container,
  url: string,
): Promise<{ stop: () => Promise<void> }> => {
  const child = spawn('nsenter', [`--net=/proc/${networkOf.pid}/ns/net`, process.execPath, script, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await Promise.race([once(child.stdout, 'data'), failed(child)])
  return {
    stop: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

const failed = async (child: ChildProcess): Promise<never> => {
  const [code] = await once(child, 'exit')
  throw new Error(`PostgreSQL ended with ${code}`)
}
