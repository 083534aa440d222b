import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHost, type HostRules } from '../../src/ping-access-urls/host.ts'

const rulesOf = (host: string, options: Partial<HostRules> = {}): string[] =>
  checkHost(host, { requireFullyQualifiedHosts: false, allowIpHosts: false, ...options }).map(
    ({ rule }) => rule,
  )

test('a host breaks every rule that it breaks, and none of those that make no sense any more', () => {
  const hosts: [string, ...string[]][] = [
    ['pay.example.com'],
    ['mypingaccessserver'],
    ['xn--bcher-kva.example'],
    ['', 'host_required'],
    ['*.example.com', 'no_wildcard'],
    ['pay%2eexample.com', 'no_encoded_host'],
    ['pay.example.com.', 'no_trailing_dot'],
    ['-pay.example.com', 'host_labels'],
    [`${'a'.repeat(64)}.${'b.'.repeat(95)}c`, 'host_length', 'host_labels'],
    ['xn--a.example.com', 'host_punycode'],
  ]
  for (const [host, ...broken] of hosts) assert.deepEqual(rulesOf(host), broken, host)
})

test('whatever is an address or the machine itself is refused, unless it is permitted and plain', () => {
  for (const [host, ...broken] of [
    ['127.0.0.1'],
    ['[::1]'],
    ['localhost'],
    ['pay.localhost'],
    ['ip6-loopback'],
    ['127.1', 'plain_ip'],
    ['0x7f000001', 'plain_ip'],
    ['[0:0::1]', 'plain_ip'],
  ] as const) {
    assert.deepEqual(rulesOf(host), ['no_ip_host'], host)
    assert.deepEqual(rulesOf(host, { allowIpHosts: true }), broken, host)
  }
})

test('where hosts must be fully qualified, single labels are refused and nothing else', () => {
  const options = { requireFullyQualifiedHosts: true }
  assert.deepEqual(rulesOf('mypingaccessserver', options), ['fully_qualified_host'])
  assert.deepEqual(rulesOf('pay.example.com', options), [])
})
