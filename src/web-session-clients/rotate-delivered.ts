import type { ClientRow } from '../database/schema.ts'
import { replayed } from '../http/idempotency-key.ts'
import { runChange } from '../journal/run.ts'
import { deliverChange } from './deliver-change.ts'
import { dryRunDelivery } from './deliver-dry-run.ts'
import { type DeliverDependencies, toDeliverRequest } from './deliver-request.ts'
import type { RotateSecret } from './rotation-schema.ts'
import { inSlots } from './upstream.ts'

/** Whether a rotation puts the next secret where the one before was put; asking for a token takes it out of that. */
export const staysDelivered = (
  { delivery }: Pick<ClientRow, 'delivery'>,
  { retrieval }: Pick<RotateSecret, 'retrieval'>,
): boolean => delivery !== null && retrieval === undefined

type Dependencies = DeliverDependencies & { config: { publicUrl: string | undefined } }

/**
 * A rotation of a secret that was put straight into PingAccess: a delivery of the next one.
 * @throws Problem as a delivery
 */
export const rotateDelivered = async (
  dependencies: Dependencies,
  asked: Parameters<typeof toDeliverRequest>[1],
  isDryRun: boolean | undefined,
) => {
  const request = toDeliverRequest(dependencies, asked)
  if (isDryRun) {
    const { settings, previousSecretEndsAt } = await dryRunDelivery(dependencies, request)
    const body = { settings, retrievalExpiresAt: null, revokesRetrieval: false, previousSecretEndsAt }
    return { status: 200 as const, headers: {}, body }
  }
  const delivered = await runChange(inSlots(dependencies), deliverChange, request)
  const { client, previousSecretEndsAt, isReplayed } = delivered
  return {
    status: 201 as const,
    headers: {
      location: `${dependencies.config.publicUrl ?? ''}/web-session-clients/${client.clientId}`,
      ...(isReplayed && replayed),
    },
    body: { ...client, retrieval: null, previousSecretEndsAt },
  }
}
