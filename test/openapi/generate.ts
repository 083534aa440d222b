import { mkdir, writeFile } from 'node:fs/promises'
import { renderOpenApi } from './render.ts'

const folder = new URL('../../openapi/', import.meta.url)
const { json, yaml } = await renderOpenApi()
await mkdir(folder, { recursive: true })
await writeFile(new URL('openapi.json', folder), json)
await writeFile(new URL('openapi.yaml', folder), yaml)
