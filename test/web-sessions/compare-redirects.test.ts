import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallbackUnder } from '../../src/ping-access-urls/callback.ts'
import type { Place } from '../../src/pingaccess/callbacks.ts'
import type { LiveApplication } from '../../src/pingaccess/live.ts'
import { pingAccessDefaults } from '../../src/web-session-clients/defaults.ts'
import { compareRedirects } from '../../src/web-sessions/compare-redirects.ts'

type Given = {
  redirectUris: string[]
  /** Virtual hosts of each application. */
  applications: (Partial<LiveApplication> & { hosts: Place[] })[]
  /** Virtual hosts that no application has. */
  others?: Place[]
  reserved?: string
  callbackUnder?: CallbackUnder
  otherRedirectUris?: string[]
}

const compare = ({ redirectUris, applications, others = [], reserved = '/pa', ...settings }: Given) => {
  const places = [...applications.flatMap(({ hosts }) => hosts), ...others]
  const idOf = (place: Place) => places.indexOf(place) + 1
  return compareRedirects({
    recorded: { clientId: 'pay', settings: { ...pingAccessDefaults, ...settings } },
    client: { redirectUris },
    pingAccess: {
      virtualHosts: places.map(place => ({ id: idOf(place), ...place })),
      reservedContextRoot: reserved,
    },
    applications: applications.map(({ hosts, ...application }, index) => ({
      ...{ id: index + 1, name: `app-${index + 1}`, contextRoot: '/', deployReservedResources: false },
      ...{ webSessionId: 3, identityMappingIds: [], virtualHostIds: hosts.map(idOf) },
      ...application,
    })),
  })
}

const toAgrees = (rows: ReturnType<typeof compare>) =>
  rows.map(({ row, application, agrees }) => [row, application, agrees])
const fixOf = (rows: ReturnType<typeof compare>, name: string) =>
  rows.find(({ row, agrees }) => row === name && agrees !== true)?.fix ?? ''

const agreeing = (...applications: number[]) => [
  ['reserved_context_root', null, true],
  ...applications.flatMap(id => [
    ['virtual_hosts', id, true],
    ['reserved_resources', id, true],
  ]),
  ['redirect_uris', null, true],
]

const pay = { host: 'pay.example.com', port: 443 }
const shop = { host: 'shop.example.com', port: 8443 }

test('every row agrees where each virtual host of each application has its redirect URI, in any case of letters', () => {
  const rows = compare({
    redirectUris: ['https://pay.example.com/pa/oidc/cb', 'https://shop.example.com:8443/bank/pa/oidc/cb'],
    applications: [
      { hosts: [{ ...pay, host: 'Pay.example.COM' }], contextRoot: '/orders' },
      { hosts: [shop], contextRoot: '/bank', deployReservedResources: true },
    ],
  })
  assert.deepEqual(toAgrees(rows), agreeing(1, 2))
  for (const { fix } of rows) assert.equal(fix, null)
})

test('the root as reserved resource base path is the root of the host', () => {
  for (const deployReservedResources of [true, false]) {
    const application = { hosts: [pay], contextRoot: '/', deployReservedResources }
    const rows = compare({
      redirectUris: ['https://pay.example.com/pa/oidc/cb'],
      applications: [application],
    })
    assert.deepEqual(toAgrees(rows), agreeing(1))
  }
})

test('a virtual host without a redirect URI is told with the PingAccess URL that is missing', () => {
  const rows = compare({
    redirectUris: ['https://pay.example.com/pa/oidc/cb'],
    applications: [{ hosts: [pay, shop], contextRoot: '/bank' }],
  })
  assert.deepEqual(toAgrees(rows).slice(1), [
    ['virtual_hosts', 1, false],
    ['reserved_resources', 1, true],
    ['redirect_uris', null, true],
  ])
  assert.match(
    fixOf(rows, 'virtual_hosts'),
    /pingAccessUrls that have https:\/\/shop.example.com:8443\/bank /,
  )
})

test('a redirect URI below another context root is one of another PingAccess URL', () => {
  const rows = compare({
    redirectUris: ['https://pay.example.com/bank/pa/oidc/cb'],
    applications: [{ hosts: [pay], contextRoot: '/orders', deployReservedResources: true }],
  })
  assert.match(fixOf(rows, 'virtual_hosts'), /pingAccessUrls that have https:\/\/pay.example.com\/orders /)
  assert.equal(fixOf(rows, 'reserved_resources'), '')
})

test('callbackUnder is corrected in either direction, and redirect URIs that somebody has changed are set again', () => {
  const under = (redirectUri: string, deployReservedResources: boolean, callbackUnder: CallbackUnder) =>
    fixOf(
      compare({
        ...{ redirectUris: [redirectUri], callbackUnder },
        applications: [{ hosts: [pay], contextRoot: '/shop', deployReservedResources }],
      }),
      'reserved_resources',
    )
  const [host, contextRoot] = [
    'https://pay.example.com/pa/oidc/cb',
    'https://pay.example.com/shop/pa/oidc/cb',
  ]
  assert.match(
    under(host, true, 'host'),
    /PATCH \/web-session-clients\/pay with {"callbackUnder": "contextRoot"}; or switch .* off in the application app-1/,
  )
  assert.match(
    under(contextRoot, false, 'contextRoot'),
    /{"callbackUnder": "host"}; or switch .* on in the application app-1/,
  )
  assert.match(under(host, true, 'contextRoot'), /reconciliations with {"direction": "reapply"}/)
  assert.equal(under(contextRoot, true, 'contextRoot'), '')
  assert.equal(under(host, false, 'host'), '')
})

test('another reserved context root is one difference, and that of a host alone is found, too', () => {
  const hosts = [pay, shop]
  const redirectUris = ['https://pay.example.com/pa/oidc/cb', 'https://shop.example.com:8443/access/oidc/cb']
  const rows = compare({ redirectUris, applications: [{ hosts }] })
  assert.deepEqual(toAgrees(rows), [['reserved_context_root', null, false], ...agreeing(1).slice(1)])
  assert.deepEqual(rows[0]?.inPingFederate, ['/pa', '/access'])
  assert.match(fixOf(rows, 'reserved_context_root'), /PINGACCESS_CALLBACK_PATH to \/pa\/oidc\/cb/)
})

for (const host of ['*', '*.example.com'])
  test(`with the virtual host ${host} it cannot be told, and which hosts of the client it has is`, () => {
    const redirectUris = ['https://pay.example.com/pa/oidc/cb', 'https://shop.example.com/pa/oidc/cb']
    const rows = compare({ redirectUris, applications: [{ hosts: [{ host, port: 443 }] }] })
    const [root, hosts, ...others] = agreeing(1)
    assert.deepEqual(toAgrees(rows), [root, [...(hosts ?? []).slice(0, 2), null], ...others])
    assert.match(fixOf(rows, 'virtual_hosts'), /pay.example.com:443, shop.example.com:443 fit/)
  })

test('a wildcard that none of the client’s hosts fits disagrees, and so does the callback of one that fits', () => {
  const none = compare({
    redirectUris: ['https://pay.example.org/pa/oidc/cb', 'https://pay.example.com:8443/pa/oidc/cb'],
    applications: [{ hosts: [{ host: '*.example.com', port: 443 }] }],
  })
  assert.equal(none.find(({ row }) => row === 'virtual_hosts')?.agrees, false)
  assert.match(fixOf(none, 'virtual_hosts'), /each host of \*\.example\.com:443 that people use/)
  const elsewhere = compare({
    redirectUris: ['https://pay.example.com/pa/oidc/cb'],
    applications: [
      { hosts: [{ host: '*', port: 443 }], contextRoot: '/shop', deployReservedResources: true },
    ],
  })
  assert.match(fixOf(elsewhere, 'reserved_resources'), /contextRoot/)
})

test('a redirect URI with a wildcard, as an adopted client may have it, is that of every host below', () => {
  const redirectUris = ['https://*.example.com/pa/oidc/cb']
  assert.deepEqual(toAgrees(compare({ redirectUris, applications: [{ hosts: [pay] }] })), agreeing(1))
})

test('a redirect URI that no virtual host has is told, with what to add where', () => {
  const redirectUris = ['https://pay.example.com/pa/oidc/cb', 'https://shop.example.com:8443/pa/oidc/cb']
  const unknown = compare({ redirectUris, applications: [{ hosts: [pay] }] })
  assert.deepEqual(toAgrees(unknown).at(-1), ['redirect_uris', null, false])
  assert.match(
    fixOf(unknown, 'redirect_uris'),
    /^No login fails by that.*POST \/virtualhosts.*PUT \/applications\/1/,
  )
  const unused = fixOf(
    compare({ redirectUris, applications: [{ hosts: [pay] }], others: [shop] }),
    'redirect_uris',
  )
  assert.doesNotMatch(unused, /POST \/virtualhosts/)
  assert.match(unused, /choose the virtual host in the application app-1/)
})

test('redirect URIs that are no callbacks of PingAccess are nobody’s affair', () => {
  const other = 'https://other.example.com/pa/oidc/cb'
  const rows = compare({
    redirectUris: [
      'https://pay.example.com/pa/oidc/cb',
      'https://app.example.com/callback',
      'app:/cb',
      other,
    ],
    otherRedirectUris: [other],
    applications: [{ hosts: [pay] }],
  })
  assert.deepEqual(toAgrees(rows), agreeing(1))
  const none = compare({ redirectUris: ['not a URI'], applications: [{ hosts: [pay] }] })
  assert.deepEqual(toAgrees(none).slice(0, 2), [
    ['reserved_context_root', null, null],
    ['virtual_hosts', 1, false],
  ])
})
