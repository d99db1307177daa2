// Where the companion server is. WeChat must know this host as a request domain of the mini program; in
// WeChat DevTools "do not check domains" (urlCheck in project.config.json) stands in for that.
module.exports = { baseUrl: 'https://pay.example.com' }
