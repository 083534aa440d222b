import { readFile } from 'node:fs/promises'
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
    'README.md': replaceConfigurationTable(readme),
  }
  return Promise.all(
    Object.entries(texts).map(async ([name, current]) => {
      const url = new URL(name, root)
      return { name, url, current, committed: await readFile(url, 'utf8').catch(() => '') }
    }),
  )
}
