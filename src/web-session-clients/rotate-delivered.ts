import type { ClientRow } from '../database/schema.ts'
import { replayed } from '../http/idempotency-key.ts'
import { findKnownRequest, type IdempotentRequest, mayBeginAgain } from '../journal/idempotency.ts'
import { runChange } from '../journal/run.ts'
import { deliverChange } from './deliver-change.ts'
import { dryRunDelivery } from './deliver-dry-run.ts'
import { type DeliverDependencies, toDeliverRequest } from './deliver-request.ts'
import type { RotateSecret } from './rotation-schema.ts'
import { inSlots } from './upstream.ts'

/** Whether a rotation puts the next secret where the one before was put; asking for a token takes it out of that. */
const staysDelivered = (
  { delivery }: Pick<ClientRow, 'delivery'>,
  { retrieval }: Pick<RotateSecret, 'retrieval'>,
): boolean => delivery !== null && retrieval === undefined

type Asked = Parameters<typeof toDeliverRequest>[1] & { client: ClientRow; body: RotateSecret }

/**
 * Whether a rotation is a delivery: by the client as it is, but for a repetition, which is what the first request was.
 * @param asRotation the key, where the rotation would hand out a token
 */
export const goesIntoPingAccess = async (
  dependencies: DeliverDependencies,
  asked: Asked,
  asRotation: IdempotentRequest | undefined,
): Promise<boolean> => {
  const { client, body } = asked
  const stays = staysDelivered(client, body)
  if (stays) return !(await isKnown(dependencies, asRotation))
  return (
    body.retrieval === undefined && isKnown(dependencies, toDeliverRequest(dependencies, asked).idempotent)
  )
}

const isKnown = async (
  { store }: Pick<DeliverDependencies, 'store'>,
  request: IdempotentRequest | undefined,
): Promise<boolean> => {
  const known = request && (await findKnownRequest(store.db, request))
  return known?.hasSameBody === true && !mayBeginAgain(known)
}

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
