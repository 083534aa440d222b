import { createServer } from 'node:http'
import { listen } from '../listen.ts'

/** The ports that the demo listens on; 0 lets the system choose. */
export interface Ports {
  readonly service: number
  readonly issuer: number
  readonly admin: number
  /** PingFederate's runtime with TLS, which PingAccess uses. */
  readonly runtime: number
  readonly pingAccessAdmin: number
  readonly engine: number
}

/**
 * PingFederate's own two, the service's default and PingAccess's. The engine has another than its own, which is the
 * service's as well.
 */
export const usualPorts: Ports = {
  service: 3000,
  issuer: 9031,
  admin: 9999,
  runtime: 9032,
  pingAccessAdmin: 9000,
  engine: 3443,
}

/** Whatever is free. */
export const randomPorts: Ports = {
  service: 0,
  issuer: 0,
  admin: 0,
  runtime: 0,
  pingAccessAdmin: 0,
  engine: 0,
}

/** The wanted ports, with 0 for each that somebody else listens on. */
export async function choosePorts(host: string, wanted: Ports): Promise<Ports> {
  const found = Object.entries(wanted).map(async ([name, port]) => [name, await freeOr0(port, host)] as const)
  return { ...wanted, ...Object.fromEntries(await Promise.all(found)) }
}

async function freeOr0(port: number, host: string): Promise<number> {
  try {
    await using listening = await listen(createServer(), port, host)
    return listening.port
  } catch {
    return 0
  }
}
