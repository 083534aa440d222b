import { rootCertificates } from 'node:tls'
import * as openid from 'openid-client'
import { Agent, fetch } from 'undici'
import { readCertificate } from './certificate.ts'
import type { Installation } from './installation.ts'
import type { WebSession } from './schema.ts'

type Fetch = openid.CustomFetch

/** What the token provider says of itself; rejects without one, and where its certificate is not trusted. */
export async function readMetadata(installation: Installation): Promise<openid.ServerMetadata> {
  return (await discover(installation, 'pingaccess', openid.None())).serverMetadata()
}

/** The token provider as the client of a web session meets it. */
export async function discoverFor(
  installation: Installation,
  { clientCredentials: { clientId, clientSecret } }: WebSession,
): Promise<openid.Configuration> {
  // The sandbox has neither key pairs nor mutual TLS, so any other type of credentials proves nothing.
  const { value } = clientSecret ?? {}
  return await discover(installation, clientId, value ? openid.ClientSecretPost(value) : openid.None())
}

async function discover(
  installation: Installation,
  clientId: string,
  authentication: openid.ClientAuth,
): Promise<openid.Configuration> {
  const { runtime } = installation
  if (runtime === undefined) throw new Error('no token provider is set')
  const trusting = createFetch(installation)
  const configuration = await openid.discovery(new URL(runtime.issuer), clientId, undefined, authentication, {
    // Without TLS there is nothing to trust; the sandbox's own issuer on the loopback interface is one.
    execute: [openid.allowInsecureRequests],
    [openid.customFetch]: trusting,
  })
  configuration[openid.customFetch] = trusting
  return configuration
}

/** Trusts what is in the token provider's trusted certificate group, and nothing else. */
function createFetch({ runtime, trustedCertificateGroups, certificates }: Installation): Fetch {
  const {
    certIds = [],
    useJavaTrustStore = false,
    ignoreAllCertificateErrors = false,
  } = trustedCertificateGroups.find(runtime?.trustedCertificateGroupId) ?? {}
  const trusted = certIds.flatMap(id => certificates.find(id) ?? [])
  const ca = [
    ...trusted.map(({ fileData }) => readCertificate(fileData).toString()),
    ...(useJavaTrustStore ? rootCertificates : []),
  ]
  const anyName = { checkServerIdentity: () => undefined }
  return async (url, options) => {
    // A connection of its own for each request, so that a certificate that is no longer trusted has no connection left.
    const dispatcher = new Agent({
      connect: {
        ...{ ca, rejectUnauthorized: !ignoreAllCertificateErrors },
        // Java trusts what is in its store, whoever has signed it.
        allowPartialTrustChain: true,
        ...(runtime?.skipHostnameVerification ? anyName : {}),
      },
    })
    try {
      const response = await fetch(url, { ...(options as object), dispatcher })
      const body = [204, 304].includes(response.status) ? null : await response.arrayBuffer()
      return new Response(body, { status: response.status, headers: [...response.headers] })
    } finally {
      await dispatcher.close()
    }
  }
}
