import { writeFile } from 'node:fs/promises'
import { renderGeneratedFiles } from './files.ts'

for (const { url, current } of await renderGeneratedFiles()) await writeFile(url, current)
