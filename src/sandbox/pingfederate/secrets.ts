import { createHash, timingSafeEqual } from 'node:crypto'
import { invalid, type ValidationError } from './api-result.ts'
import type { ClientSecret } from './client.ts'
import type { Installation } from './installation.ts'
import { required } from './parse-body.ts'
import type { RetainedSecret, StoredClient } from './stored-client.ts'

/** The part of a stored client that changes with its secret. */
export type SecretState = Pick<StoredClient, 'secret' | 'secondarySecrets' | 'clientSecretChangedTime'>

/** A client that has no secret (yet). */
export const noSecret: SecretState = {
  secret: undefined,
  secondarySecrets: [],
  clientSecretChangedTime: undefined,
}

/** Old secrets that are still accepted. */
function unexpired(secrets: readonly RetainedSecret[], now: Date): readonly RetainedSecret[] {
  return secrets.filter(({ expiryTime }) => Date.parse(expiryTime) > now.getTime())
}

/** Whether this is one of the client's live secrets; takes the same time whichever it is. */
export function acceptsSecret(stored: StoredClient, candidate: string, now: Date): boolean {
  const live = unexpired(stored.secondarySecrets, now).map(({ secret }) => secret)
  if (stored.secret !== undefined) live.push(stored.secret)
  const digest = sha256(candidate)
  return live.filter(secret => timingSafeEqual(sha256(secret), digest)).length > 0
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** The secrets in the form of an answer: encrypted only. */
export function toClientSecret(state: SecretState, { cipher, now }: Installation): ClientSecret {
  if (state.secret === undefined) return {}
  return {
    encryptedSecret: cipher.encrypt(state.secret),
    secondarySecrets: unexpired(state.secondarySecrets, now()).map(({ secret, expiryTime }) => ({
      encryptedSecret: cipher.encrypt(secret),
      expiryTime,
    })),
  }
}

/**
 * The client's secrets after a write. A value of `encryptedSecret` carries the secret itself, so passing back one
 * that was read before a rotation undoes the rotation: PingFederate has no version to notice it by.
 */
export function applySecrets(
  before: SecretState,
  sent: ClientSecret,
  retentionMinutes: number,
  installation: Installation,
): SecretState {
  const errors: ValidationError[] = []
  const secret = sent.secret ?? decrypted(sent.encryptedSecret, 'encryptedSecret', installation, errors)
  const kept = keptSecrets(before, sent, installation, errors)
  if (errors.length > 0) throw invalid(errors)
  if (secret === undefined) return noSecret
  if (secret === before.secret) {
    return { secret, secondarySecrets: kept, clientSecretChangedTime: before.clientSecretChangedTime }
  }
  const now = installation.now()
  const retained =
    before.secret !== undefined && retentionMinutes > 0
      ? [
          {
            secret: before.secret,
            expiryTime: new Date(now.getTime() + retentionMinutes * 60_000).toISOString(),
          },
        ]
      : []
  return { secret, secondarySecrets: [...retained, ...kept], clientSecretChangedTime: now.toISOString() }
}

function keptSecrets(
  before: SecretState,
  sent: ClientSecret,
  installation: Installation,
  errors: ValidationError[],
): readonly RetainedSecret[] {
  const { settings, now } = installation
  if (sent.secondarySecrets === undefined) {
    return settings.omittedSecondarySecrets === 'kept' ? unexpired(before.secondarySecrets, now()) : []
  }
  errors.push(...sent.secondarySecrets.flatMap(findProblem))
  const secrets = sent.secondarySecrets.map(({ secret, encryptedSecret, expiryTime = '' }, index) => {
    const field = `secondarySecrets[${index}].encryptedSecret`
    return { secret: secret ?? decrypted(encryptedSecret, field, installation, errors) ?? '', expiryTime }
  })
  return unexpired(secrets, now())
}

type SecondarySecret = NonNullable<ClientSecret['secondarySecrets']>[number]

/** An old secret without an end would never end, so it is refused and not left out in silence. */
function findProblem(
  { secret, encryptedSecret, expiryTime }: SecondarySecret,
  index: number,
): ValidationError[] {
  const field = `clientAuth.secondarySecrets[${index}]`
  if ((secret ?? encryptedSecret) === undefined) return [required(`${field}.secret`)]
  if (expiryTime === undefined) return [required(`${field}.expiryTime`)]
  const fieldPath = `${field}.expiryTime`
  return Number.isNaN(Date.parse(expiryTime))
    ? [{ errorId: 'invalid_value', message: `${fieldPath} must be a time.`, fieldPath }]
    : []
}

function decrypted(
  encryptedSecret: string | undefined,
  field: string,
  { cipher }: Installation,
  errors: ValidationError[],
): string | undefined {
  if (encryptedSecret === undefined) return undefined
  const secret = cipher.decrypt(encryptedSecret)
  if (secret === undefined) {
    const message = 'The encrypted value cannot be decrypted.'
    errors.push({ errorId: 'invalid_encrypted_value', message, fieldPath: `clientAuth.${field}` })
  }
  return secret
}
