import { type Static, Type } from 'typebox'
import { ClientId } from '../client-id.ts'
import { Nullable } from '../http/nullable.ts'
import { webSessionSources } from '../pingaccess/web-session.ts'
import { WebSession } from '../pingaccess/web-session-schema.ts'
import { agreementRows, Live } from './live-agreement-schema.ts'

const closed = { additionalProperties: false }

const Setting = Type.Object(
  {
    pointer: Type.String({
      description: 'JSON Pointer (RFC 6901) into `webSession`.',
      examples: ['/sameSite'],
    }),
    source: Type.Enum(webSessionSources, {
      description:
        '`client`: the client decides. `configuration`: this service as it is installed. `ping_profile`: Ping’s own server profile; your installation may choose another value.',
    }),
    reason: Type.String({
      description: 'Why it is this value.',
      examples: [
        'As in the web session of Ping’s server profile for PingAccess (pingidentity-server-profiles, baseline).',
      ],
    }),
  },
  { ...closed, description: 'Where one value of `webSession` comes from.' },
)

const Application = Type.Object(
  {
    contextRoot: Type.String({ description: '*Context Root*.', examples: ['/shop'] }),
    virtualHosts: Type.Array(
      Type.Object(
        {
          host: Type.String({ description: '*Host*.', examples: ['mypingaccessserver'] }),
          port: Type.Integer({ description: '*Port* that browsers use.', examples: [3000] }),
        },
        { ...closed, description: 'A virtual host.' },
      ),
      { description: '*Virtual Hosts* of the application.' },
    ),
    deployReservedResources: Type.Boolean({
      description: '*Use context root as reserved resource base path*.',
    }),
  },
  { ...closed, description: 'What an application that uses the web session has in PingAccess.' },
)

const Agreement = Type.Object(
  {
    row: Type.Enum(agreementRows, {
      description: 'Its name; stable, and the same in `live`.',
    }),
    client: Type.String({
      description:
        'JSON Pointer (RFC 6901) to the field of the client; empty for what is the same of all web session clients.',
      examples: ['/scopes'],
    }),
    pingAccess: Type.String({
      description: 'What has to agree in PingAccess.',
      examples: ['Scopes of the web session'],
    }),
    needed: Type.Unknown({
      description: 'What it has to be there; null where this client needs nothing of it.',
    }),
    otherwise: Type.String({
      description: 'What happens if it is another.',
      examples: ['PingFederate refuses a scope that the client may not ask for.'],
    }),
  },
  { ...closed, description: 'One thing that has to be the same on both sides.' },
)
export type Agreement = Static<typeof Agreement>

/** Where a step is done. */
const places = ['web_session_clients', 'pingfederate', 'pingaccess'] as const

export const Step = Type.Object(
  {
    where: Type.Enum(places, {
      description: 'Where it is done: in this service, in PingFederate, or in PingAccess.',
    }),
    once: Type.Enum(['installation', 'client'], {
      description: 'Whether it is done once for the installation, or for each client.',
    }),
    text: Type.String({
      description: 'What to do, in the words of the console.',
      examples: ['Add a web session under Access, Web Sessions.'],
    }),
    call: Nullable(
      Type.String({
        description: 'The call of the administrative API, or of this service, that does it.',
        examples: ['POST /webSessions'],
      }),
      'The call of the administrative API, or of this service, that does it; null where there is none.',
    ),
  },
  { ...closed, description: 'One step.' },
)
export type Step = Static<typeof Step>

export const WebSessionRecipe = Type.Object(
  {
    clientId: ClientId,
    webSession: WebSession,
    secretPointer: Type.Literal('/clientCredentials/clientSecret/value', {
      description: 'JSON Pointer (RFC 6901) into `webSession`: where the secret is to be put in.',
    }),
    settings: Type.Array(Setting, { description: 'Every field of `webSession`, with its source.' }),
    applications: Type.Array(Application, {
      description: 'The applications of the PingAccess URLs, one for each context root.',
    }),
    agreement: Type.Array(Agreement, {
      description: 'Everything that has to be the same on both sides, which nothing else compares.',
    }),
    live: Live,
    checklist: Type.Array(Step, { description: 'What to do, in this order.' }),
  },
  {
    ...closed,
    $id: 'WebSessionRecipe',
    description: 'What PingAccess needs so that people can log in through a client.',
  },
)
export type WebSessionRecipe = Static<typeof WebSessionRecipe>
