import { type Static, Type } from 'typebox'
import { ClientId } from '../client-id.ts'
import { Nullable } from '../http/nullable.ts'
import { VisibleLine } from '../http/visible-line.ts'
import type { Difference } from '../problem.ts'
import type { WebSessionClient } from './schema.ts'

const closed = { additionalProperties: false }

const Team = VisibleLine({
  maxLength: 256,
  description: 'The team that is to own the clients.',
  examples: ['payments'],
})

export const AdoptWebSessionClients = Type.Object(
  {
    team: Team,
    clientIds: Type.Optional(
      Type.Array(ClientId, {
        minItems: 1,
        maxItems: 50,
        uniqueItems: true,
        description: 'The clients, by their ids in PingFederate. Either these or `filter`.',
        'x-fix': 'List each id once, fifty at most.',
      }),
    ),
    filter: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description:
          'All clients of PingFederate whose id or name has this text in it, whatever its case, a page at a time.',
        examples: ['pa_'],
      }),
    ),
  },
  {
    ...closed,
    $id: 'AdoptWebSessionClients',
    description: 'Clients that PingFederate has already, and the team that is to own them.',
    'x-request-examples': {
      ids: { summary: 'By their ids', value: { team: 'payments', clientIds: ['pa_wam'] } },
      filter: { summary: 'By a part of their ids or names', value: { team: 'payments', filter: 'pa_' } },
    },
  },
)
export type AdoptWebSessionClients = Static<typeof AdoptWebSessionClients>

/** Why a client is not adopted. */
export const adoptionRefusals = [
  'not_found',
  'client_id_form',
  'client_id_taken',
  'client_authentication',
  'grant_types',
  'no_callback',
  'marked',
  'not_expressible',
] as const

const Adoption = Type.Object(
  {
    clientId: Type.String({ description: 'Its id in PingFederate.', examples: ['pa_wam'] }),
    outcome: Type.Enum(['adopted', 'adoptable', 'refused'], {
      description: '`adoptable`: with `dryRun=true`, it would be adopted.',
    }),
    reason: Nullable(
      Type.Enum(adoptionRefusals, {
        description:
          '`not_found`: PingFederate has no such client. `client_id_form`: its id cannot be one of this service. `client_id_taken`: this service has it already, or one whose id differs in the case of letters only. `client_authentication`: it does not log in with a secret. `grant_types`: it has one that no web session has. `no_callback`: none of its redirect URIs is a callback of PingAccess. `marked`: it bears the marker of a change of this service or of another installation; sent by its id it is adopted all the same. `not_expressible`: `differences` has what cannot be said here.',
      }),
      'Why it is not adopted; null where it is.',
    ),
    detail: Type.String({
      description: 'The same as a sentence, for people.',
      examples: ['It is recorded as it is.'],
    }),
    client: Nullable(
      Type.Unsafe<WebSessionClient>(Type.Ref('WebSessionClient')),
      'The client as it is recorded; null where it is not adopted.',
    ),
    differences: Type.Array(Type.Unsafe<Difference>(Type.Ref('Difference')), {
      description: 'What of it is not the PingAccess default (`expected`), which nothing is made of.',
    }),
  },
  { ...closed, description: 'What becomes of one client.' },
)
export type Adoption = Static<typeof Adoption>

export const Adoptions = Type.Object(
  {
    items: Type.Array(Adoption, { description: 'What becomes of each client.' }),
    nextCursor: Nullable(
      Type.String(),
      'Send the same with it as `cursor` for the next page; null on the last one.',
    ),
  },
  { ...closed, $id: 'Adoptions', description: 'What becomes of the clients.' },
)
