import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkVersion,
  pingAccessVersions,
  pingFederateVersions,
} from '../../src/installation/check-version.ts'

const cases: [typeof pingFederateVersions, number[], string | undefined][] = [
  [pingFederateVersions, [11, 2, 9, 1], 'pingfederate_version_old'],
  [pingFederateVersions, [9, 3], 'pingfederate_version_old'],
  [pingFederateVersions, [11, 3, 0, 0], undefined],
  [pingFederateVersions, [12, 1, 0, 4], undefined],
  [pingFederateVersions, [13, 1, 3, 0], undefined],
  [pingFederateVersions, [13, 2], 'pingfederate_version_new'],
  [pingFederateVersions, [14], 'pingfederate_version_new'],
  [pingAccessVersions, [6, 3, 0, 0], 'pingaccess_version_old'],
  [pingAccessVersions, [7, 3, 0, 2], undefined],
  [pingAccessVersions, [8, 0], 'pingaccess_version_new'],
]

for (const [versions, version, code] of cases)
  test(`${versions.product} ${version.join('.')} is ${code ?? 'one that is known'}, and its version is not told`, () => {
    const found = Object.values(checkVersion(version, versions))
    assert.equal(found.length, 2)
    const [warning, ...others] = found.filter(each => each !== null)
    assert.deepEqual([warning?.code, others], [code, []])
    assert.ok(!JSON.stringify(found).includes(version.join('.')))
  })
