/** What stands in text shown to people: no control, format, private-use or unassigned characters, no outer blanks. */
export const visibleLine = '^(?! )[^\\p{C}\\p{Zl}\\p{Zp}]+(?<! )$'
