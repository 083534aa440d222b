import { readFile } from 'node:fs/promises'
import { withoutUnicodePatterns } from '../../src/api-document/portable-patterns.ts'
import { PolicyFile } from '../../src/policy/schema.ts'
import { replaceConfigurationTable } from '../docs/configuration-table.ts'
import { renderOpenApi } from '../openapi/render.ts'

const root = new URL('../../', import.meta.url)

export type GeneratedFile = { name: string; url: URL; committed: string; current: string }

/** Every file that is made from the code: as it stands, and as it should. */
export const renderGeneratedFiles = async (): Promise<GeneratedFile[]> => {
  const { json, yaml } = await renderOpenApi()
  const readme = await readFile(new URL('README.md', root), 'utf8')
  const texts = {
    'openapi/openapi.json': json,
    'openapi/openapi.yaml': yaml,
    'docs/policy.schema.json': `${JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...PolicyFile }, withoutOwnWords, 2)}\n`,
    'README.md': replaceConfigurationTable(readme),
  }
  return Promise.all(
    Object.entries(texts).map(async ([name, current]) => {
      const url = new URL(name, root)
      return { name, url, current, committed: await readFile(url, 'utf8').catch(() => '') }
    }),
  )
}

/** Other validators do not know the keywords of our own messages, and editors read no Unicode classes. */
const withoutOwnWords = (name: string, value: unknown): unknown =>
  name.startsWith('x-') ? undefined : withoutUnicodePatterns(name, value)
