import type { Sandbox } from '../sandbox.ts'

/**
 * Commands that work as pasted into bash and zsh, one after the other. Tokens are found by how they look, so that
 * nothing has to be installed to read JSON.
 */
export function curlCommands(sandbox: Sandbox, serviceUrl: string): string {
  const { issuer, adminUrl, adminUsername, adminPassword } = sandbox
  const { clientId, clientSecret, scopes } = sandbox.services['payments-pipeline']
  return `# Get an access token
TOKEN=$(curl -s ${issuer}/token -u ${clientId}:${clientSecret} \\
  -d grant_type=client_credentials -d 'scope=${scopes.join(' ')}' | grep -o 'eyJ[^"]*')

# See what creating a client would do
curl -s '${serviceUrl}/web-session-clients?dryRun=true' \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"clientId": "my_app", "pingAccessUrls": ["https://my-app.example.com"]}'; echo

# Create a client
CREATED=$(curl -s ${serviceUrl}/web-session-clients \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"clientId": "my_app", "pingAccessUrls": ["https://my-app.example.com"]}'); echo "$CREATED"

# Redeem its secret (a second time answers 410)
curl -s ${serviceUrl}/secret-retrievals \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"token": "'"$(echo "$CREATED" | grep -o 'wscrt_[A-Za-z0-9_-]*')"'"}'; echo

# Give it a new secret; the former one works for an hour more
curl -s ${serviceUrl}/web-session-clients/my_app/secret-rotations \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"overlapMinutes": 60}'; echo

# List the clients of your team
curl -s ${serviceUrl}/web-session-clients -H "Authorization: Bearer $TOKEN"; echo

# See who did what
curl -s ${serviceUrl}/audit-events -H "Authorization: Bearer $TOKEN"; echo

# See what PingFederate has, as its administrator
curl -s ${adminUrl}/pf-admin-api/v1/oauth/clients \\
  -H 'X-XSRF-Header: PingFederate' -u ${adminUsername}:${adminPassword}; echo
`
}
