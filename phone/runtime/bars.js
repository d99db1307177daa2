// @ts-check
/**
 * Navigation bar and tab bar, as app.json, the page's JSON, theme.json and wx calls make them.
 * @param {import('../compile/index.js').Program} program
 * @param {() => string} theme light or dark
 */
export function createBars(program, theme) {
  const tabs = (program.app.tabBar?.list ?? []).map((/** @type {any} */ tab) => ({ ...tab }))
  /** What wx calls changed of a page's bar. @type {WeakMap<object, {title?: string, background?: string, textStyle?: string}>} */
  const changed = new WeakMap()
  let hidden = false

  /** `@name` is a colour of theme.json. @param {any} value */
  const themed = (value) => (typeof value === 'string' && value.startsWith('@') ? program.theme[theme()]?.[value.slice(1)] : value)
  const dark = () => program.app.darkmode === true && theme() === 'dark'

  return {
    paths: tabs.map((/** @type {any} */ tab) => tab.pagePath),

    /** @param {object} page @param {{title?: string, background?: string, textStyle?: string}} change */
    change(page, change) {
      changed.set(page, { ...changed.get(page), ...change })
    },

    /** @param {number} index @param {{text?: string, badge?: string | undefined}} change */
    changeTab(index, change) {
      if (!tabs[index]) return false
      Object.assign(tabs[index], change)
      return true
    },

    /** @param {number} index @returns {string} as it is now */
    textOf: (index) => tabs[index]?.text ?? '',

    /** @param {boolean} hide */
    hideTabs(hide) {
      hidden = hide
    },

    /** @param {string} path @param {object} page @param {boolean} canGoBack @returns {import('./host.js').Bar} */
    of(path, page, canGoBack) {
      const config = { ...program.app.window, ...program.configs[path] }
      const own = changed.get(page) ?? {}
      const { color, selectedColor, backgroundColor } = program.app.tabBar ?? {}
      const isTab = !hidden && tabs.some((/** @type {any} */ tab) => tab.pagePath === path)
      return {
        title: own.title ?? config.navigationBarTitleText ?? '',
        canGoBack,
        background: own.background ?? themed(config.navigationBarBackgroundColor) ?? (dark() ? '#191919' : '#000000'),
        textStyle: (own.textStyle ?? themed(config.navigationBarTextStyle) ?? 'white') === 'black' ? 'black' : 'white',
        tabs: isTab ? tabs.map((/** @type {any} */ tab) => {
          const selected = tab.pagePath === path
          const icon = themed(selected ? tab.selectedIconPath ?? tab.iconPath : tab.iconPath)
          return { text: tab.text, path: tab.pagePath, selected, ...(tab.badge !== undefined && { badge: tab.badge }), ...(icon && { icon }) }
        }) : [],
        tabStyle: { color: themed(color), selectedColor: themed(selectedColor), backgroundColor: themed(backgroundColor) },
      }
    },
  }
}
