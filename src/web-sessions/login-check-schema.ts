import { type Static, Type } from 'typebox'
import { ClientId } from '../client-id.ts'
import { Nullable } from '../http/nullable.ts'

const closed = { additionalProperties: false }

/** What a node answers, from the best to the worst. */
export const loginOutcomes = [
  'ready',
  'scope_unknown',
  'refused',
  'not_replicated',
  'client_disabled',
  'redirect_uri_unknown',
  'client_unknown',
  'client_or_redirect_uri_unknown',
  'unexpected',
  'unreachable',
] as const

const CheckedNode = Type.Object(
  {
    url: Type.String({
      description: 'Base URL of the runtime node.',
      examples: ['https://engine-1.example.com:9031'],
    }),
    outcome: Type.Enum(loginOutcomes, {
      description:
        '`ready`: people can log in there. `scope_unknown`, `refused`: the node knows client and redirect URI, and refuses a scope or something else. `not_replicated`: the console has the client so and the node does not. `client_disabled`: the console has the client switched off. `redirect_uri_unknown`, `client_unknown`: the console does not have it either. `client_or_redirect_uri_unknown`: the node does not, and the console could not be asked. `unexpected`: something answers that is no runtime node, or redirects elsewhere. `unreachable`: nothing answers, or nothing that is trusted.',
    }),
    redirectUri: Nullable(
      Type.String({ examples: ['https://mypingaccessserver:3000/pa/oidc/cb'] }),
      'The redirect URI with which it went wrong; null where none did.',
    ),
    error: Nullable(
      Type.String({ examples: ['invalid_scope'] }),
      'The error code that came to the redirect URI (RFC 6749 section 4.1.2.1); null where none did or it only said that somebody would have to log in.',
    ),
    detail: Type.String({
      description: 'What the node answered.',
      examples: ['The node would have a person log in.'],
    }),
    fix: Nullable(
      Type.String({ examples: ['Publish under System, Server, Cluster Management.'] }),
      'What to do about it; null where there is nothing to do.',
    ),
  },
  { ...closed, description: 'What one runtime node answers to a login.' },
)
export type CheckedNode = Static<typeof CheckedNode>

export const LoginCheck = Type.Object(
  {
    clientId: ClientId,
    isReady: Type.Boolean({ description: 'Whether people can log in at every node.' }),
    scopes: Type.Array(Type.String(), {
      description: 'The scopes that were asked for, as the web session does.',
      examples: [['openid', 'profile', 'email']],
    }),
    redirectUris: Type.Array(Type.String(), {
      description: 'The redirect URIs that were tried, at each node in this order until one went wrong.',
      examples: [['https://mypingaccessserver:3000/pa/oidc/cb']],
    }),
    nodes: Type.Array(CheckedNode, { description: 'Every runtime node that is configured.' }),
  },
  { ...closed, $id: 'LoginCheck', description: 'What the runtime nodes answer to a login through a client.' },
)
export type LoginCheck = Static<typeof LoginCheck>
