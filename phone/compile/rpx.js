// @ts-check
/** A screen is 750 rpx wide, whatever its pixels: 7.5 rpx are one hundredth of its width. */
const RPX_PER_VW = 7.5

/** @param {string} css a style sheet or the value of a style attribute */
export function replaceRpx(css) {
  return css.replace(/(-?\d*\.?\d+)rpx\b/g, (_, rpx) => `${Number((Number(rpx) / RPX_PER_VW).toFixed(4))}vw`)
}
