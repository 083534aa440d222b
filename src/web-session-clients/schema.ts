import { type Static, Type } from 'typebox'
import { ClientId } from '../client-id.ts'
import { clientStatuses, driftStates, redeemers, retrievalStates } from '../database/vocabulary.ts'
import { Instant } from '../http/instant.ts'
import { Nullable } from '../http/nullable.ts'
import { VisibleLine } from '../http/visible-line.ts'
import { callbackUnders } from '../ping-access-urls/callback.ts'
import { grantTypes, logoutModes } from '../pingfederate/client-settings.ts'
import { ttlSecondsRange } from '../policy/schema.ts'
import { exampleToken } from '../secret-retrievals/token.ts'
import { createExamples } from './create-examples.ts'
import { AskedWebSession, Delivery, PreviousSecretEndsAt } from './deliver-schema.ts'

const lineFix = 'Use one line of visible characters, without blanks at either end.'

const Team = VisibleLine({
  maxLength: 256,
  description:
    'Owning team, one of those in your access token, or any with the scope `web-session-clients:admin`; may be left out by a caller with exactly one.',
  examples: ['payments'],
  'x-fix': lineFix,
})

const Name = VisibleLine({
  maxLength: 128,
  description: 'Name shown to administrators; the client id when left out.',
  examples: ['PingAccessWebAccessManagement'],
  'x-fix': lineFix,
})

const Description = VisibleLine({
  maxLength: 512,
  description: 'What the application is. PingFederate keeps it together with the marker of this service.',
  examples: ['Payments portal'],
  'x-fix': lineFix,
})

const PingAccessUrl = Type.String({
  minLength: 1,
  maxLength: 2048,
  description:
    'Base URL under which PingAccess serves the application: `https://host[:port][/contextRoot]`. The redirect URI is derived from it.',
  examples: ['https://mypingaccessserver:3000'],
  'x-fix': 'Send https://host, https://host:port or https://host:port/contextRoot.',
})

const ScopeToken = Type.String({
  maxLength: 128,
  pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$',
  description: 'Scope token (RFC 6749 section 3.3).',
  examples: ['profile'],
  'x-fix': 'Send one scope per entry, without blanks.',
})

const ResourceId = (description: string, example: string) =>
  Type.String({
    pattern: '^[A-Za-z0-9._-]{1,64}$',
    maxLength: 64,
    description,
    examples: [example],
    'x-fix': "Send the id as PingFederate's console shows it.",
  })

const RedeemableBy = Type.Enum(redeemers, {
  description:
    'Who may redeem the token: any member of the owning team, only the caller that asked for the token, or (where the installation permits) whoever holds it. The scope `secrets:redeem` is needed in every case.',
  examples: ['team'],
})

/** What can be asked for of a hand-out. */
export const AskedRetrieval = Type.Object(
  {
    ttlSeconds: Type.Optional(
      Type.Integer({
        ...ttlSecondsRange,
        description: 'How long the retrieval token lives, in seconds.',
        examples: [900],
      }),
    ),
    redeemableBy: Type.Optional(RedeemableBy),
  },
  { additionalProperties: false, description: 'How the secret is handed out.' },
)

export const CreateWebSessionClient = Type.Object(
  {
    clientId: ClientId,
    pingAccessUrls: Type.Array(PingAccessUrl, {
      minItems: 1,
      maxItems: 50,
      description:
        'Where PingAccess serves the application, one entry for each virtual host, port and context root.',
      'x-fix': 'Send a list with at least one PingAccess URL.',
    }),
    callbackUnder: Type.Optional(
      Type.Enum(callbackUnders, {
        description:
          'Where PingAccess answers the callback. `host`: at the root of every virtual host, as it does by itself, so `https://host/shop` has `https://host/pa/oidc/cb`. `contextRoot`: below the context root (`https://host/shop/pa/oidc/cb`), for applications with *Use context root as reserved resource base path*. Default: host.',
        examples: ['host'],
        'x-fix': 'Send host or contextRoot.',
      }),
    ),
    name: Type.Optional(Name),
    description: Type.Optional(Description),
    team: Type.Optional(Team),
    scopes: Type.Optional(
      Type.Array(ScopeToken, {
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        description:
          'Restricts the client to these scopes; `openid` is added because no web session logs in without it. Unrestricted when left out.',
        'x-fix': 'List each scope once, or leave scopes out.',
      }),
    ),
    requirePkce: Type.Optional(
      Type.Boolean({ description: 'Require Proof Key for Code Exchange (RFC 7636). Default: false.' }),
    ),
    logout: Type.Optional(
      Type.Enum(logoutModes, {
        description:
          "`pingaccess`: PingFederate's single logout ends the PingAccess session too. Default: none.",
      }),
    ),
    refreshTokens: Type.Optional(
      Type.Boolean({ description: 'Also allow the refresh token grant. Default: false.' }),
    ),
    oidcPolicy: Type.Optional(
      ResourceId("OpenID Connect policy; PingFederate's default when left out.", 'default'),
    ),
    accessTokenManager: Type.Optional(
      ResourceId("Access token manager; PingFederate's default when left out.", 'jwt'),
    ),
    retrieval: Type.Optional(AskedRetrieval),
    webSession: Type.Optional(AskedWebSession),
  },
  {
    $id: 'CreateWebSessionClient',
    additionalProperties: false,
    description: 'A new web session client.',
    'x-request-examples': createExamples,
  },
)
export type CreateWebSessionClient = Static<typeof CreateWebSessionClient>

/** How a client has drifted. */
export const Drifted = Type.Enum(driftStates, {
  description:
    '`changed`: a field is another one. `reenabled`: it is switched off here, and on in PingFederate. `missing`: PingFederate says itself that it has no such client. `foreign`: it bears the marker of another installation of this service.',
})

export const clientProperties = {
  clientId: ClientId,
  name: Name,
  description: Nullable(Description, 'What the application is; null when the request did not say.'),
  team: Team,
  pingAccessUrls: Type.Array(PingAccessUrl, {
    description: 'Normalised: host in lower case, no default port, no trailing slash.',
  }),
  callbackUnder: Type.Enum(callbackUnders, {
    description:
      'Where PingAccess answers the callback: at the root of every virtual host, or below the context root.',
  }),
  redirectUris: Type.Array(Type.String(), {
    description:
      'Redirect URIs derived from them, each once: the host and port (`callbackUnder` `host`) or the whole of each PingAccess URL, and the callback path.',
    examples: [['https://mypingaccessserver:3000/pa/oidc/cb']],
  }),
  otherRedirectUris: Type.Array(Type.String(), {
    description:
      'Those among them that are no callbacks of PingAccess: an adopted client had them before, and they stay.',
  }),
  grantTypes: Type.Array(Type.Enum(grantTypes), {
    description: 'Grant types (RFC 7591).',
  }),
  bypassAuthorizationApproval: Type.Boolean({
    description: 'Whether people are spared the approval page; true in every web session client.',
  }),
  scopes: Nullable(Type.Array(ScopeToken), 'The scopes the client is restricted to; null when unrestricted.'),
  requirePkce: Type.Boolean({ description: 'Whether PKCE is required.' }),
  logout: Type.Enum(logoutModes, { description: 'Single logout.' }),
  refreshTokens: Type.Boolean({ description: 'Whether refresh tokens are issued.' }),
  oidcPolicy: Nullable(Type.String(), "OpenID Connect policy; null for PingFederate's default."),
  accessTokenManager: Nullable(Type.String(), "Access token manager; null for PingFederate's default."),
  enabled: Type.Boolean({
    description: 'Whether people can log in through it; a change of it counts once the engines have it.',
  }),
  status: Type.Enum(clientStatuses, {
    description:
      '`ready`: people can log in. `replicating`: saved, but not yet on every engine. `failed`: publishing to the engines failed; an administrator has to look. `disabled`: switched off, and every engine knows it.',
  }),
  drift: Nullable(
    Type.Object(
      {
        state: Drifted,
        foundAt: Instant('Since when that is known.'),
      },
      { additionalProperties: false, description: 'How PingFederate differs from what was set.' },
    ),
    'How PingFederate differs from what was set, as the service has found it the last time it looked at all clients, which it does every hour; null where it does not.',
  ),
  delivery: Delivery,
  createdAt: Instant('When the client was created.'),
  createdBy: Type.String({
    description: 'Subject of the caller that created it.',
    examples: ['payments-pipeline'],
  }),
  updatedAt: Instant('When it was last changed through this service.'),
}

const closed = { additionalProperties: false }

export const WebSessionClient = Type.Object(clientProperties, {
  ...closed,
  $id: 'WebSessionClient',
  description: 'A web session client as this service set it; never with its secret.',
})
export type WebSessionClient = Static<typeof WebSessionClient>

const RetrievalState = Type.Enum(retrievalStates, {
  description: 'Where the hand-out of the secret stands.',
})

export const WebSessionClientWithRetrieval = Type.Object(
  {
    ...clientProperties,
    retrieval: Type.Object(
      {
        state: RetrievalState,
        expiresAt: Instant('When the retrieval token expires.'),
        redeemableBy: RedeemableBy,
        redeemedAt: Nullable(
          Instant('When the secret was redeemed.'),
          'When the secret was redeemed; null while it was not.',
        ),
        redeemedBy: Nullable(
          Type.String({ description: 'Subject of the caller that redeemed it.' }),
          'Subject of the caller that redeemed it; null while nobody did.',
        ),
      },
      { ...closed, description: 'The latest hand-out of the secret; never its token.' },
    ),
    secretChangedAt: Instant('When the secret in force was made, by the create or the latest rotation.'),
    previousSecretEndsAt: PreviousSecretEndsAt,
    secretDueAt: Nullable(
      Instant('When the secret in force is due for a new one.'),
      'When the secret in force is due for a new one by the policy of its team; null where it sets no age. It goes on working.',
    ),
  },
  {
    ...closed,
    $id: 'WebSessionClientWithRetrieval',
    description: 'A web session client and the state of its latest retrieval.',
  },
)

/** A hand-out in the answer to whoever asked for it. */
export const IssuedRetrieval = Type.Object(
  {
    token: Nullable(
      Type.String({ examples: [exampleToken] }),
      'Single-use retrieval token: exchange it at `POST /secret-retrievals`. It is shown here only; null in a repeated answer once it does not work any more.',
    ),
    state: RetrievalState,
    expiresAt: Instant('When the token expires.'),
    redeemableBy: RedeemableBy,
  },
  { ...closed, description: 'How to get the secret, once.' },
)

export const CreatedWebSessionClient = Type.Object(
  {
    ...clientProperties,
    retrieval: Nullable(
      IssuedRetrieval,
      'How to get the secret, once; null where it was put straight into PingAccess (`webSession`).',
    ),
  },
  {
    ...closed,
    $id: 'CreatedWebSessionClient',
    description: 'A web session client that has just been created.',
  },
)
