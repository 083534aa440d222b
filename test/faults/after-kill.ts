import { DatabaseSync } from 'node:sqlite'
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
export const readEnds = ({ databasePath }: Pick<Installation, 'databasePath'>, action: string): unknown[] => {
  using database = new DatabaseSync(databasePath)
  return database
    .prepare('select outcome from audit_event where action = ? order by audit_event_id desc limit 2')
    .all(action)
    .map(row => row['outcome'])
    .toReversed()
}
