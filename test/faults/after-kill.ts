import { execute } from '../database/execute.ts'
import type { Installation, ServiceProcess } from './installation.ts'

/** A PUT or DELETE holds its client for thirty time-outs of ten seconds. */
export const laterThanHoldMs = 400_000

/** Starts the service again so much later, and waits until recovery has ended what the killed one had begun. */
export const restart = async (
  { installation }: { installation: Installation },
  aheadMs: number,
): Promise<ServiceProcess> => {
  const service = await installation.start({ aheadMs })
  await service.logged('operation settled')
  return service
}

/** How the last change of that kind went, by the audit trail. */
export const readEnds = async (
  { databaseUrl }: Pick<Installation, 'databaseUrl'>,
  action: string,
): Promise<unknown[]> => {
  const events = await execute(
    databaseUrl,
    `select outcome from audit_event where action = '${action}' order by audit_event_id desc limit 2`,
  )
  return events.map(({ outcome }) => outcome).toReversed()
}
