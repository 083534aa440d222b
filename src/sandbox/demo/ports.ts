import { createServer } from 'node:http'
import { listen } from '../listen.ts'

/** The ports that the demo listens on; 0 lets the system choose. */
export interface Ports {
  readonly service: number
  readonly issuer: number
  readonly admin: number
}

/** PingFederate's own two, and the service's default. */
export const usualPorts: Ports = { service: 3000, issuer: 9031, admin: 9999 }

/** Whatever is free. */
export const randomPorts: Ports = { service: 0, issuer: 0, admin: 0 }

/** The wanted ports, with 0 for each that somebody else listens on. */
export async function choosePorts(host: string, wanted: Ports): Promise<Ports> {
  const [service, issuer, admin] = await Promise.all([
    freeOr0(wanted.service, host),
    freeOr0(wanted.issuer, host),
    freeOr0(wanted.admin, host),
  ])
  return { service, issuer, admin }
}

async function freeOr0(port: number, host: string): Promise<number> {
  try {
    await using listening = await listen(createServer(), port, host)
    return listening.port
  } catch {
    return 0
  }
}
