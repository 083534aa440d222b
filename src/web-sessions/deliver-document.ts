import { type Static, Type } from 'typebox'
import { ClientId } from '../client-id.ts'
import { IdempotencyKey, Replayed } from '../http/idempotency-key.ts'
import { Prefer, PreferenceApplied } from '../http/prefer.ts'
import { dryRunQuery, newSecretProblems } from '../web-session-clients/change-document.ts'
import type { DeliveryDryRun } from '../web-session-clients/deliver-schema.ts'
import { clientWithoutRetrieval } from '../web-session-clients/examples.ts'
import type { DeliveredWebSessionClient } from './deliver-schema.ts'
import { liveAgreementExample } from './live-agreement-examples.ts'

const example: Static<typeof DeliveredWebSessionClient> = {
  ...clientWithoutRetrieval,
  delivery: {
    deliveredAt: '2026-12-01T09:00:00.000Z',
    webSessions: [{ id: 7, name: 'pa_wam', audience: 'pa_wam' }],
  },
  updatedAt: '2026-12-01T09:00:00.000Z',
  previousSecretEndsAt: null,
  live: liveAgreementExample,
}

const dryRunExample: DeliveryDryRun = {
  settings: [
    {
      pointer: '/overlapMinutes',
      value: 1440,
      source: 'configuration',
      reason:
        'Somebody has the secret that is replaced, so ROTATION_OVERLAP_MINUTES of this installation applies.',
    },
  ],
  previousSecretEndsAt: '2026-12-02T09:00:00.000Z',
  webSessions: [{ id: 7, name: 'pa_wam', audience: 'pa_wam', settings: [] }],
}

const answer = (description: string) => ({
  description,
  headers: { ...Replayed, ...PreferenceApplied },
  content: {
    'application/json': {
      schema: Type.Unsafe<Static<typeof DeliveredWebSessionClient>>(Type.Ref('DeliveredWebSessionClient')),
      example,
    },
  },
})

const delivered = answer(
  'The web sessions that use the client have the secret; with `dryRun=true`, they would get it, and nothing was written.',
)

/** What the API document says of a delivery. */
export const deliverDocument = {
  description:
    'Gives the client a new secret in PingFederate and puts it straight into PingAccess: no person and no token ever holds it. All web sessions that use the client get it; where none does, one is made that agrees with the client. What exists is read, changed as little as the client needs, and written back with everything else as it was. The former secret works for the overlap, and PingAccess gets the new one only once every engine of PingFederate has it, so that no login fails. If PingAccess does not take it, the answer is `delivery_failed`, people go on logging in with the former secret, and the same request again makes another one. From then on `POST …/secret-rotations` puts the next secret into PingAccess, too. `live` says whether both sides agree afterwards. With `dryRun=true` nothing is written anywhere.',
  params: Type.Object({ clientId: ClientId }),
  headers: Type.Object({
    'Idempotency-Key': Type.Optional(IdempotencyKey),
    Prefer: Type.Optional(Prefer),
  }),
  querystring: dryRunQuery(
    '`true`: check everything, change nothing, and answer 200 with the web sessions that would get the secret, and what would be set in them.',
  ),
  delivered: {
    ...delivered,
    content: {
      'application/json': {
        schema: Type.Unsafe<Static<typeof DeliveredWebSessionClient> | DeliveryDryRun>(
          Type.Union([Type.Ref('DeliveredWebSessionClient'), Type.Ref('DeliveryDryRun')]),
        ),
        examples: {
          delivered: { summary: 'The secret is in PingAccess', value: example },
          dryRun: { summary: 'With `dryRun=true`', value: dryRunExample },
        },
      },
    },
  },
  made: answer('The same, and the web session was made for it.'),
  problems: newSecretProblems,
}
