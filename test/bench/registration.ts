import Provider from 'oidc-provider'

/* oidc-provider's own dynamic client registration (RFC 7591), which keeps its clients in memory. */
const provider = new Provider('http://127.0.0.1', { features: { registration: { enabled: true } } })
const server = provider.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') process.stdout.write(`listening at http://127.0.0.1:${address?.port}\n`)
})
