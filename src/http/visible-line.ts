import { Type } from 'typebox'

/** Letters and marks that show nothing or a blank: fillers, the empty Braille pattern, joiners, variation selectors. */
const unseen = '\\u034F\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180D\\u180F\\u2800\\u3164\\uFE00-\\uFE0F\\uFFA0'

/** One character of it. */
export const visibleCharacter = `[^\\p{C}\\p{Z}${unseen}]`

/**
 * What stands in text shown to people, where two different ones must not look the same: no control, format, private-use
 * or unassigned characters, no blank but the plain one, and that at neither end.
 */
export const visibleLine = `^(?! )(?:${visibleCharacter}| )+(?<! )$`

type LineOptions = { maxLength: number; description: string; examples: string[]; 'x-fix'?: string }

/** One visible line. The API document leaves its pattern out, because other languages read it differently, so the rule is said in words. */
export const VisibleLine = ({ description, ...options }: LineOptions) =>
  Type.String({
    minLength: 1,
    pattern: visibleLine,
    description: `${description} ${lineRule}`,
    ...options,
  })

const lineRule = 'One line of visible characters of any script, without blanks at either end.'
