/** The call that gives a client a new secret, for whoever is told that the one it has cannot be had any more. */
export const newSecretCall = (clientId: string): string =>
  `POST /web-session-clients/${clientId}/secret-rotations`
