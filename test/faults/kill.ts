import assert from 'node:assert/strict'
import type { Installation, ServiceProcess } from './installation.ts'
import type { Halt } from './service.ts'

const never = new Promise<void>(() => undefined)

/** Kills the process when it stands at a recovery point of what is sent; whoever sent it gets nothing. */
export const killAt = async (
  service: ServiceProcess,
  halt: Halt,
  send: () => Promise<unknown>,
): Promise<void> => {
  const { halted } = await service.haltAt(halt)
  const lost = assert.rejects(send())
  await halted
  await service.kill()
  await lost
}

/** Kills the process when PingFederate has done what one call asks of it, before the answer is read. */
export const killUnanswered = async (
  { sandbox, service }: Pick<Installation, 'sandbox'> & { service: ServiceProcess },
  match: { method: string; path: string },
  send: () => Promise<unknown>,
): Promise<void> => {
  const { struck } = sandbox.pingFederate.faults.next({ match, fault: { answerAfter: never } })
  const lost = assert.rejects(send())
  await struck
  await service.kill()
  await lost
}
