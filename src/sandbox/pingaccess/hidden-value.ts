import type { SecretCipher } from '../pingfederate/encrypted-secret.ts'
import { invalid } from './api-error.ts'
import type { WebSession } from './schema.ts'

/** The secret of a web session, which goes in as it is or as it was shown; throws 422 without either. */
export function readSecret(webSession: WebSession, cipher: SecretCipher): WebSession {
  const { credentialsType = 'SECRET', clientSecret, ...others } = webSession.clientCredentials
  const value = clientSecret?.value ?? cipher.decrypt(clientSecret?.encryptedValue ?? '')
  if (credentialsType !== 'SECRET')
    return { ...webSession, clientCredentials: { credentialsType, ...others } }
  if (!value) throw invalid({ 'clientCredentials.clientSecret': ['A client secret is required.'] })
  return { ...webSession, clientCredentials: { credentialsType, clientSecret: { value }, ...others } }
}

/** The web session as it is shown: its secret is never readable again. */
export function hideSecret(webSession: WebSession, cipher: SecretCipher): WebSession {
  const { clientSecret, ...others } = webSession.clientCredentials
  const hidden = clientSecret && { encryptedValue: cipher.encrypt(clientSecret.value ?? '') }
  return { ...webSession, clientCredentials: { ...others, ...(hidden && { clientSecret: hidden }) } }
}
