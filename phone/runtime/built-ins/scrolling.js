// @ts-check
// What is scrolled and swiped.
import { byId, element, flag, inside, mirror, number, text } from './parts.js'
import { own } from '../realm.js'

/** How near to an end counts as there, in CSS pixels. */
const THRESHOLD = 50

/** @returns {Record<string, any>} */
export function scrollingComponents() {
  return {
    'scroll-view': {
      template: '<slot />',
      properties: { scrollX: flag, scrollY: flag, scrollTop: number(0), scrollLeft: number(0), scrollIntoView: text, upperThreshold: number(THRESHOLD), lowerThreshold: number(THRESHOLD), scrollWithAnimation: flag, enhanced: flag, showScrollbar: flag, enableFlex: flag, refresherEnabled: flag, bounces: flag },
      observers: {
        scrollX: mirror('scroll-x'),
        scrollY: mirror('scroll-y'),
        /** @this {any} */
        scrollTop(/** @type {number} */ top) { element(this).scrollTop = top },
        /** @this {any} */
        scrollLeft(/** @type {number} */ left) { element(this).scrollLeft = left },
        /** @this {any} */
        scrollIntoView(/** @type {string} */ id) {
          if (id) own.setTimeout(() => byId(element(this), '*', id)?.scrollIntoView({ block: 'start' }), 0)
        },
      },
      lifetimes: {
        /** @this {any} */
        attached() {
          const node = element(this)
          let wasAtEnd = false
          let wasAtStart = true
          node.addEventListener('scroll', () => {
            const { scrollTop, scrollLeft, scrollHeight, scrollWidth, clientHeight, clientWidth } = node
            this.triggerEvent('scroll', { scrollTop, scrollLeft, scrollHeight, scrollWidth })
            const [at, all, seen] = this.data.scrollX && !this.data.scrollY ? [scrollLeft, scrollWidth, clientWidth] : [scrollTop, scrollHeight, clientHeight]
            const [atStart, atEnd] = [at <= this.data.upperThreshold, all - at - seen <= this.data.lowerThreshold]
            if (atStart && !wasAtStart) this.triggerEvent('scrolltoupper', {})
            if (atEnd && !wasAtEnd) this.triggerEvent('scrolltolower', {})
            wasAtStart = atStart
            wasAtEnd = atEnd
          }, { passive: true })
        },
      },
    },
    swiper: {
      template: '<native-div part="slides"><slot /></native-div><native-div wx:if="{{indicatorDots}}" part="dots" aria-hidden="true"><native-span wx:for="{{dots}}" wx:key="index" part="{{index === at ? \'on\' : \'\'}}" /></native-div>',
      data: { at: 0, dots: [] },
      properties: { indicatorDots: flag, indicatorColor: text, indicatorActiveColor: text, autoplay: flag, current: number(0), interval: number(5000), duration: number(500), circular: flag, vertical: flag, previousMargin: text, nextMargin: text, displayMultipleItems: number(1) },
      observers: {
        vertical: mirror('vertical'),
        /** @this {any} */
        current(/** @type {number} */ current) { if (this.slideTo) this.slideTo(current, '') },
      },
      lifetimes: {
        /** @this {any} */
        attached() {
          const slides = element(this).firstElementChild
          element(this).setAttribute('role', 'group')
          own.setTimeout(() => {
            this.setData({ dots: inside(this, 'wx-swiper-item').map((_, index) => index) })
            this.slideTo(this.data.current, '')
          }, 0)
          slides.addEventListener('scroll', () => {
            const at = this.data.vertical ? Math.round(slides.scrollTop / (slides.clientHeight || 1)) : Math.round(slides.scrollLeft / (slides.clientWidth || 1))
            if (at !== this.data.at) this.arrive(at, 'touch')
          }, { passive: true })
          if (this.data.autoplay) this.timer = own.setInterval(() => this.slideTo((this.data.at + 1) % (this.data.dots.length || 1), 'autoplay'), this.data.interval)
        },
        /** @this {any} */
        detached() { own.clearInterval(this.timer) },
      },
      methods: {
        /** @this {any} */
        slideTo(/** @type {number} */ at, /** @type {string} */ source) {
          const slides = element(this).firstElementChild
          const slide = slides?.children[at]
          if (!slide) return
          if (this.data.vertical) slides.scrollTop = slide.offsetTop
          else slides.scrollLeft = slide.offsetLeft
          if (at !== this.data.at) this.arrive(at, source)
        },
        /** @this {any} */
        arrive(/** @type {number} */ at, /** @type {string} */ source) {
          this.setData({ at })
          this.triggerEvent('change', { current: at, source })
        },
      },
    },
    'swiper-item': { template: '<slot />', properties: { itemId: text } },
  }
}
