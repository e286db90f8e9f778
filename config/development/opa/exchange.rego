# The same rule as policy.json, for `docker compose --profile opa up`: input and result as the wire contract has them.
package mandate.exchange

default match := []

match := [{
	"audience": "https://images.example.com",
	"scopes": ["read", "write"],
	"expirationSeconds": 120,
	"allowedActors": ["bob"],
}] if {
	targets := array.concat(input.resources, input.audiences)
	count(targets) > 0
	every target in targets {
		images(target)
	}
}

images("https://images.example.com")

images(target) if regex.match(`^http://images\.example\.com:(\*|[0-9]{1,5})(/.*)?$`, target)
