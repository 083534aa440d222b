/** The first one is what Swagger UI starts with: Ping's manual, in two fields. */
export const createExamples = {
  smallest: {
    summary: 'Two fields',
    value: {
      clientId: 'pa_wam',
      pingAccessUrls: ['https://mypingaccessserver:3000'],
    },
  },
  fullest: {
    summary: 'Every field',
    value: {
      clientId: 'pay-portal',
      name: 'Payments portal',
      description: 'Payments behind PingAccess',
      team: 'payments',
      pingAccessUrls: ['https://pay.example.com', 'https://pay.example.com:8443/shop'],
      callbackUnder: 'host',
      scopes: ['profile', 'email'],
      requirePkce: true,
      logout: 'pingaccess',
      refreshTokens: false,
      oidcPolicy: 'default',
      accessTokenManager: 'jwt',
      retrieval: { ttlSeconds: 900, redeemableBy: 'team' },
    },
  },
}
