import type { AuditedStore } from '../audit/record.ts'
import type { Journal } from '../journal/change.ts'
import type { PingFederateConfig } from '../pingfederate/config.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { createChange } from './create-change.ts'
import { deleteChange } from './delete-change.ts'
import { deliverChange } from './deliver-change.ts'
import { createPublisher } from './publish.ts'
import { reapplyChange } from './reapply-change.ts'
import { revokePreviousChange } from './revoke-previous-change.ts'
import { rotateChange } from './rotate-change.ts'
import { updateChange } from './update-change.ts'
import type { DeliveryUpstream, Upstream } from './upstream.ts'

type Options = {
  store: AuditedStore
  pingFederate: PingFederate
  replication: Pick<Replication, 'statusAfterSave' | 'publish' | 'findStatus' | 'findStatusOf'>
  config: { pingFederate: Pick<PingFederateConfig, 'timeoutMs' | 'replication'> }
  /** None: no deliveries. */
  pingAccess?: DeliveryUpstream | undefined
}

/** Every kind of change; what is left open of any is settled by what its kind says. */
export const kinds = {
  create: createChange,
  update: updateChange,
  reapply: reapplyChange,
  rotate: rotateChange,
  deliver: deliverChange,
  'revoke-previous': revokePreviousChange,
  delete: deleteChange,
} as const

/** The journal of changes to web session clients. */
export const createClientJournal = ({
  store,
  pingFederate,
  replication,
  config,
  pingAccess,
}: Options): Journal<Upstream> => ({
  store,
  upstream: {
    ...{ pingFederate, replication, pingAccess },
    isPublishing: config.pingFederate.replication === 'trigger',
  },
  kinds,
  timeoutMs: config.pingFederate.timeoutMs,
  publish: createPublisher({ store, replication, config }),
})
