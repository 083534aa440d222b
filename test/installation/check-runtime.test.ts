import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRuntime, findIssuer } from '../../src/installation/check-runtime.ts'
import { PingFederateFailure } from '../../src/pingfederate/failure.ts'

const one = 'https://sso.example.com'
const other = 'https://sso-2.example.com'
const down = new PingFederateFailure('unreachable')
const untrusted = new PingFederateFailure('tls')

type Case = [what: string, answers: (string | PingFederateFailure)[], warned: string[], known: string[]]

const all = ['runtime_nodes_unreadable', 'issuers_differ']

const cases: Case[] = [
  ['all name the same', [one, one], [], all],
  ['they name different ones', [one, other], ['issuers_differ'], all],
  ['one is down', [one, down], ['runtime_nodes_unreadable'], ['runtime_nodes_unreadable']],
  ['one is down and the others differ', [one, down, other], all, all],
  ['all are down', [down, untrusted], ['runtime_nodes_unreadable'], ['runtime_nodes_unreadable']],
]

for (const [what, answers, warned, known] of cases)
  test(`${warned.join(', ') || 'nothing is wrong'} where ${what}`, () => {
    const found = checkRuntime(answers)
    assert.deepEqual(Object.keys(found), known)
    assert.deepEqual(
      Object.values(found).flatMap(warning => (warning ? [warning.code] : [])),
      warned,
    )
    assert.ok(!JSON.stringify(found).includes('example.com'))
  })

test('nodes that cannot be read are told by their place and the kind of failure', () => {
  const { detail } = checkRuntime([down, one, untrusted]).runtime_nodes_unreadable ?? assert.fail()
  assert.match(detail, /: number 1 \(unreachable\), number 3 \(tls\)\.$/)
})

test('the issuer is what all say who say anything, and unknown where they differ', () => {
  assert.equal(findIssuer([down, one, one]), one)
  assert.equal(findIssuer([one, other]), undefined)
  assert.equal(findIssuer([down]), undefined)
})
