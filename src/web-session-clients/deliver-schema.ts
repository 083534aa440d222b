import { type Static, Type } from 'typebox'
import { Instant } from '../http/instant.ts'
import { Nullable } from '../http/nullable.ts'
import { VisibleLine } from '../http/visible-line.ts'
import { webSessionSources } from '../pingaccess/web-session.ts'

const closed = { additionalProperties: false }
const lineFix = 'Use one line of visible characters, without blanks at either end.'

export const PreviousSecretEndsAt = Nullable(
  Instant('Until when a former secret works at least.'),
  'Until when a former secret works at least, which is to be exchanged for the new one by then; null where none works any more.',
)

/** What can be asked of the web session that the secret is put into. */
const askedProperties = {
  name: Type.Optional(
    VisibleLine({
      maxLength: 64,
      description:
        'Name of the web session in PingAccess; when left out, the one that it has, and the client id for a new one.',
      examples: ['pay'],
      'x-fix': lineFix,
    }),
  ),
  audience: Type.Optional(
    VisibleLine({
      maxLength: 32,
      description:
        'Whom PingAccess’s tokens are for, another for each web session; when left out, the one that it has, and for a new one the client id, which is cut and told apart by its hash where it is longer than 32 characters.',
      examples: ['pay'],
      'x-fix': lineFix,
    }),
  ),
}

/** As a part of a create. */
export const AskedWebSession = Type.Object(askedProperties, {
  ...closed,
  description:
    'Puts the secret straight into a web session of PingAccess, which is made where no web session uses the client: no person and no token ever holds it. `{}` takes the defaults.',
})

/** Which web sessions have the secret. */
export const Delivery = Nullable(
  Type.Object(
    {
      deliveredAt: Instant('When PingAccess took the secret.'),
      webSessions: Type.Array(
        Type.Object(
          {
            id: Type.Integer({ description: 'Its id in PingAccess.', examples: [7] }),
            name: Type.String({ description: 'Its name.', examples: ['pay'] }),
            audience: Type.String({ description: 'Its audience.', examples: ['pay'] }),
          },
          { ...closed, description: 'A web session of PingAccess.' },
        ),
        { description: 'The web sessions that have it.' },
      ),
    },
    {
      ...closed,
      description: 'Which web sessions of PingAccess the secret was put into.',
    },
  ),
  'Which web sessions of PingAccess the secret was put into, and when; null where secrets are handed out by tokens. A rotation puts the next one there, too.',
)
export type Delivery = Static<typeof Delivery>

export const DeliverSecret = Type.Object(
  {
    ...askedProperties,
    overlapMinutes: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 43_200,
        description:
          'How long the secret that is replaced still works, in minutes; 0 ends it at once, and logins fail until PingAccess has the new one. When left out: as configured (a day unless the operator says otherwise) if somebody has that secret; else 0.',
        examples: [60],
        'x-fix': 'Send whole minutes from 0 to 43200.',
      }),
    ),
    force: Type.Optional(
      Type.Boolean({
        description:
          'Set a new secret although a former one still works beside the one in force; that one is left as it is. Default: false.',
      }),
    ),
  },
  {
    ...closed,
    $id: 'DeliverSecret',
    description: 'Where the new secret goes; every field can be left out, and so can the body.',
    'x-request-examples': {
      smallest: { summary: 'Nothing: the web session that uses the client, or a new one', value: {} },
      fullest: {
        summary: 'Every field',
        value: { name: 'pay', audience: 'pay', overlapMinutes: 60, force: false },
      },
    },
  },
)
export type DeliverSecret = Static<typeof DeliverSecret>

const Setting = <const Source extends string>(sources: readonly Source[], pointer: string, example: string) =>
  Type.Object(
    {
      pointer: Type.String({ description: pointer, examples: [example] }),
      value: Type.Unknown({ description: 'What would be set.' }),
      source: Type.Enum(sources, {
        description:
          '`request`: sent. `client`: the client decides, or what became of the secret that is replaced. `configuration`: this service as it is installed. `ping_profile`: Ping’s own server profile.',
      }),
      reason: Type.String({ description: 'Why it is this value.', examples: ['You sent it.'] }),
    },
    { ...closed, description: 'One value and its source.' },
  )

const InPingAccess = Setting(
  ['request', ...webSessionSources],
  'JSON Pointer (RFC 6901) into the body of PingAccess’s web session.',
  '/sameSite',
)
const OfRotation = Setting(
  ['request', 'client', 'configuration'],
  'JSON Pointer (RFC 6901): the field of the request.',
  '/overlapMinutes',
)

const PlannedDelivery = Type.Object(
  {
    id: Nullable(
      Type.Integer({ description: 'Its id in PingAccess.', examples: [7] }),
      'Its id in PingAccess; null for one that would be made.',
    ),
    name: Type.String({ description: 'Its name.', examples: ['pay'] }),
    audience: Type.String({ description: 'Its audience.', examples: ['pay'] }),
    settings: Type.Array(InPingAccess, {
      description:
        'What would be set beside the secret: everything in a new web session; in one that exists only what the client needs otherwise.',
    }),
  },
  { ...closed, description: 'A web session that would get the secret.' },
)
export type PlannedDelivery = Static<typeof PlannedDelivery>

export const PlannedDeliveries = Type.Array(PlannedDelivery, {
  description: 'The web sessions of PingAccess that would get the secret.',
})

export const DeliveryDryRun = Type.Object(
  {
    settings: Type.Array(OfRotation, { description: 'Every value of the rotation, with its source.' }),
    previousSecretEndsAt: PreviousSecretEndsAt,
    webSessions: PlannedDeliveries,
  },
  {
    ...closed,
    $id: 'DeliveryDryRun',
    description: 'What a delivery would do, found out without doing any of it.',
  },
)
export type DeliveryDryRun = Static<typeof DeliveryDryRun>
