# Decides a token exchange by the rules of a JSON policy file (docs/policies.md), which OPA holds as data:
#
#   opa run --server policies/opa/exchange.rego mandate.policy:policy.json
#   EXCHANGE_POLICY_OPA_URL=http://localhost:8181/v1/data/mandate/exchange/match
#
# The same file gives the same decisions as the `json` backend; a start for rules that a file cannot say. A decision
# carries no more than an audience, scopes, a lifetime, actors, claims and actAs, so rules that say more are refused whole.
package mandate.exchange

import rego.v1

default match := []

match := {"allow": false, "reason": sprintf("rules say what OPA cannot: %s", [concat(", ", unsupported)])} if {
	count(unsupported) > 0
} else := {"allow": false, "reason": sprintf("denied by %s", [concat(", ", denying)])} if {
	count(denying) > 0
} else := grants if {
	count(uncovered) == 0
}

rules := data.mandate.policy.resources

targets := array.concat(
	[{"kind": "resource", "value": value} | some value in input.resources],
	[{"kind": "audience", "value": value} | some value in input.audiences],
)

unsupported contains name(index) if {
	some index, rule in rules
	some member in ["impersonation", "clientAsActor", "thirdPartyActor", "scopeCeiling"]
	member in object.keys(rule)
}

denying contains name(index) if {
	some index in matching
	rules[index].deny == true
}

# An audience that a rule without patterns denies is denied by whatever target a token for it is asked for, inside
# another token too.
denying contains name(index) if {
	some index in applicable
	rules[index].deny == true
	count(object.get(rules[index], "patterns", [])) == 0
	rules[index].audience in given_audiences
}

given_audiences contains rules[index].audience if some index in permitting

given_audiences contains inside.audience if {
	some index in permitting
	some inside in rules[index].embed
}

permitting contains index if {
	some index in matching
	not rules[index].deny
}

uncovered contains target.value if {
	some target in targets
	every index in applicable {
		not covers(rules[index], target)
	}
}

# A rule that says in two ways who may act grants twice the same: whoever acts must be allowed by both.
grants := [granted |
	some index, rule in rules
	index in matching
	some granted in grants_of(rule)
]

grants_of(rule) := [grant(rule)] if not described(rule)

grants_of(rule) := [grant(object.union(rule, {"allowedActors": list})) |
	some list in array.concat(listed(rule), [describes(rule)])
] if {
	described(rule)
}

described(rule) if "actors" in object.keys(rule)

listed(rule) := [list | list := rule.allowedActors; list != null]

# The actor of the request, or the calling client, which has no claims. A bare name counts at the default issuers alone.
describes(rule) := [who |
	some condition in as_array(rule.actors)
	meets(condition, actor)
	every claim in object.get(condition, "sameClaim", []) {
		agree(input.subject.claims[claim], actor.claims[claim])
	}
	who := named(condition)
]

actor := input.actor if input.actor != null

actor := {"iss": input.client.iss, "sub": input.client.id, "claims": {}} if input.actor == null

named(condition) := {"iss": actor.iss, "sub": actor.sub} if condition.issuer

named(condition) := actor.sub if not condition.issuer

agree(one, other) if {
	one == other
	not one in [null, "", [], {}]
}

matching contains index if {
	some index in applicable
	some target in targets
	covers(rules[index], target)
}

applicable contains index if {
	some index, rule in rules
	concerns_client(rule)
	concerns_subject(rule)
}

name(index) := object.get(rules[index], "id", sprintf("resources[%d]", [index]))

# What is absent or null is not granted.
grant(rule) := {member: value |
	some member in ["audience", "scopes", "expirationSeconds", "allowedActors", "additionalClaims", "actAs", "actAsForm", "mayAskSubject", "claimsFrom", "claimsProvider", "embed"]
	value := object.get(object.union({"scopes": []}, rule), member, null)
	value != null
}

covers(rule, target) if {
	target.kind == "audience"
	rule.audience == target.value
}

covers(rule, target) if {
	target.kind == "resource"
	some pattern in rule.patterns
	matches(pattern, target.value)
}

matches(pattern, resource) if pattern == resource

# A prefix up to the first `*`. A resource with dot segments or backslashes may name another place than it begins with.
matches(pattern, resource) if {
	star := indexof(pattern, "*")
	star >= 0
	prefix := substring(pattern, 0, star)
	startswith(resource, prefix)
	not contains(resource, `\`)
	not regex.match(`(?i)(^|[/\\]|%2f|%5c)(\.|%2e){1,2}([/\\?;]|%2f|%5c|$)`, resource)
	ends_well(prefix, substring(resource, star, -1))
}

# A prefix that ends inside the host would match other hosts, `http://host*` also `http://host.evil`: it matches nothing.
ends_well(prefix, _) if {
	not regex.match(`(?i)^[a-z][a-z0-9+.-]*://[^/?#]*$`, prefix)
	not begins_every_host(prefix)
}

# After a complete host only a port may follow.
ends_well(prefix, rest) if {
	regex.match(`(?i)^[a-z][a-z0-9+.-]*://([^@:\[\]/?#]+|\[[0-9a-f:.]+\]):$`, prefix)
	regex.match(`^(\*|[0-9]{1,5})([/?]|$)`, rest)
}

begins_every_host(prefix) if {
	prefix != ""
	some scheme in ["http://", "https://"]
	startswith(scheme, prefix)
}

concerns_client(rule) if not rule.clients

# A bare name is a client of our own.
concerns_client(rule) if {
	input.client.own
	input.client.id in rule.clients
}

concerns_client(rule) if {"iss": input.client.iss, "clientId": input.client.id} in rule.clients

concerns_subject(rule) if not rule.subjects

concerns_subject(rule) if {
	is_array(rule.subjects)
	some condition in rule.subjects
	meets(condition, input.subject)
}

concerns_subject(rule) if {
	is_object(rule.subjects)
	meets(rule.subjects, input.subject)
}

# All members of a condition hold.
meets(condition, party) if {
	object.get(condition, "issuer", party.iss) == party.iss
	some pattern in object.get(condition, "subs", [party.sub])
	names(pattern, party.sub)
	every claim, wanted in object.get(condition, "claims", {}) {
		has_claim(party.claims[claim], wanted)
	}
}

names(name, name)

# The beginning of names, followed by `*`.
names(pattern, name) if {
	prefix := trim_suffix(pattern, "*")
	pattern == concat("", [prefix, "*"])
	prefix != ""
	not contains(prefix, "*")
	startswith(name, prefix)
}

has_claim(actual, wanted) if {
	some value in as_array(actual)
	value in as_array(wanted)
}

as_array(value) := value if is_array(value)

as_array(value) := [value] if not is_array(value)
