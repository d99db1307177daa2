// Where the companion server is. WeChat must know this host as a request domain of the mini program.
module.exports = { baseUrl: 'https://pay.example.com' }
