App({
  heard: [],
  onLaunch(options) { this.heard.push('launch ' + options.path) },
  onShow() { this.heard.push('show') },
  onHide() { this.heard.push('hide') },
  onError(text) { this.heard.push('error ' + text.split('\n')[0]) },
  onUnhandledRejection({ reason }) { this.heard.push('rejection ' + reason.message) },
  onThemeChange({ theme }) { this.heard.push('theme ' + theme) },
})
