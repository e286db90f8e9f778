/** The policy of the contract suite in the Rego of OPA 1. */
export const CONTRACT_REGO_1 = `package contract.exchange

default match := []

grants := {
	"https://images.example.com": {
		"audience": "https://images.example.com",
		"scopes": ["read", "write"],
		"expirationSeconds": 120,
		"allowedActors": ["bob"],
		"additionalClaims": {"department": "photos"},
	},
	"https://reports.example.com": {"audience": "https://reports.example.com", "scopes": ["read"]},
}

asked := {trim_suffix(resource, "/") | some resource in input.resources} | {audience | some audience in input.audiences}

match := {"allow": false, "reason": "closed"} if "https://closed.example.com" in asked
else := {"allow": true, "grants": [grants[audience] | some audience in asked]} if {
	count(asked) > 0
	every audience in asked {
		grants[audience]
	}
}
`;

/** The same as IMS deployments wrote it: Rego 0, and a set of grants or nothing. A deny is another rule's \`false\`. */
export const CONTRACT_REGO_0 = `package forgerock.exchange

grants = {
	"https://images.example.com": {
		"audience": "https://images.example.com",
		"scopes": ["read", "write"],
		"expirationSeconds": 120,
		"allowedActors": ["bob"],
		"additionalClaims": {"department": "photos"}
	},
	"https://reports.example.com": {"audience": "https://reports.example.com", "scopes": ["read"]}
}

asked[target] { target := trim_suffix(input.resources[_], "/") }
asked[target] { target := input.audiences[_] }

closed { asked["https://closed.example.com"] }
unknown { asked[target]; not grants[target] }

match = false { closed }
match = granted { not closed; not unknown; granted := [grant | asked[target]; grant := grants[target]] }
match = [] { not closed; unknown }
`;
