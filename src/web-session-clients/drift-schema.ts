import { type Static, Type } from 'typebox'
import { Nullable } from '../http/nullable.ts'
import type { Difference } from '../problem.ts'
import { clientProperties, Drifted } from './schema.ts'

const closed = { additionalProperties: false }

const Differences = (description: string) =>
  Type.Array(Type.Unsafe<Difference>(Type.Ref('Difference')), { description })

export const Drift = Type.Object(
  {
    drifted: Type.Boolean({
      description: 'Whether PingFederate has the client otherwise than this service has set it.',
    }),
    state: Nullable(Drifted, 'How it has drifted; null where it has not.'),
    differences: Differences('Every field that is not what was set; empty where the client is missing.'),
  },
  { ...closed, $id: 'Drift', description: 'What PingFederate has, beside what was set.' },
)
export type Drift = Static<typeof Drift>

export const Reconcile = Type.Object(
  {
    direction: Type.Enum(['reapply', 'accept'], {
      description:
        '`reapply`: PingFederate is set to what this service has. `accept`: this service takes over what PingFederate has, as far as the policy allows it and it can be said here; nothing is written to PingFederate.',
      examples: ['reapply'],
      'x-fix': 'Send reapply or accept.',
    }),
  },
  {
    ...closed,
    $id: 'Reconcile',
    description: 'Whose word counts where the two differ.',
    'x-request-examples': {
      reapply: { summary: 'Set it again', value: { direction: 'reapply' } },
      accept: { summary: 'Take it over', value: { direction: 'accept' } },
    },
  },
)
export type Reconcile = Static<typeof Reconcile>

export const ReconciledWebSessionClient = Type.Object(
  {
    ...clientProperties,
    reconciled: Differences(
      'What differed before, as it was found; empty where nothing did, and nothing was written then.',
    ),
  },
  {
    ...closed,
    $id: 'ReconciledWebSessionClient',
    description: 'A web session client that PingFederate has as it is set here.',
  },
)
